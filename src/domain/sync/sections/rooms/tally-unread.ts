import { roomVersion } from "../../../../protocol/events/room-version.ts";
import type { JsonObject } from "../../../../protocol/json.ts";
import { evaluatePushRules } from "../../../push-rules/evaluate-push-rules.ts";
import type { PushContext } from "../../../push-rules/push-event.ts";
import type { AuthState } from "../../../rooms/authorisation/auth-event.ts";
import { powerLevelOf, requiredNotificationLevel } from "../../../rooms/authorisation/power-levels.ts";
import { threadRootIn } from "../../../rooms/content-member.ts";
import { memberType } from "./state-sources.ts";
import type { UnreadMaterial } from "./unread-material.ts";
import type { UnreadCounts, UnreadMemory, UnreadTally } from "./unread-memory.ts";

const none: UnreadCounts = { notifications: 0, highlights: 0 };

/**
 * Counts what a user's rules say of the events that the user has not read. Who sends something has read what was sent before
 * it in the same thread. https://spec.matrix.org/v1.19/client-server-api/#receiving-notifications
 *
 * @param giveWay is awaited between two events: long rules take some ms for each
 */
export async function tallyUnread(
  memory: UnreadMemory,
  material: UnreadMaterial,
  giveWay: () => Promise<void>,
): Promise<UnreadTally> {
  const { userId, room, upTo, basis, rules, marks, ignored, events } = material;
  const tally = new Map(material.tally);
  const contextOf = contexts(material);
  for (const event of events) {
    await giveWay();
    const content = once(() => JSON.parse(event.content) as JsonObject);
    const thread = threadRootIn(event) ?? mainThread;
    if (event.sender === userId) tally.delete(thread);
    const isRead = event.position <= (marks.threads.get(thread) ?? 0);
    if (isRead || event.redactedBy !== undefined || ignored.has(event.sender)) continue;
    const { type, sender, roomId, stateKey } = event;
    const outcome = evaluatePushRules(rules, { type, sender, roomId, stateKey, content }, contextOf(sender));
    if (!outcome.notify) continue;
    const { notifications, highlights } = tally.get(thread) ?? none;
    tally.set(thread, { notifications: notifications + 1, highlights: highlights + Number(outcome.highlight) });
  }
  memory.keepTally(userId, room.roomId, { upTo, basis, rules, tally });
  return tally;
}

const mainThread = "main";

function contexts({ userId, room, state }: UnreadMaterial): (sender: string) => PushContext {
  const contents = new Map(state.map((event) => [event.type, once(() => JSON.parse(event.content) as JsonObject)]));
  const auth: AuthState = {
    find(type) {
      const event = state.find((candidate) => candidate.type === type);
      const content = contents.get(type)?.();
      return event && content && { ...event, content };
    },
  };
  const version = roomVersion(room.version);
  const displayName = contents.get(memberType)?.()["displayname"];
  return (sender) => ({
    userId,
    displayName: typeof displayName === "string" ? displayName : undefined,
    joinedMembers: room.joinedMembers,
    senderMayNotify: (key) => powerLevelOf(version, auth, sender) >= requiredNotificationLevel(auth, key),
  });
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** All threads together. */
export function sumOf(tally: UnreadTally): UnreadCounts {
  let { notifications, highlights } = none;
  for (const counts of tally.values()) {
    notifications += counts.notifications;
    highlights += counts.highlights;
  }
  return { notifications, highlights };
}

/** Those of the main timeline, and of each thread that has some. */
export function splitOf(tally: UnreadTally): { readonly main: UnreadCounts; readonly threads: UnreadTally } {
  const threads = new Map(tally);
  threads.delete(mainThread);
  return { main: tally.get(mainThread) ?? none, threads };
}
