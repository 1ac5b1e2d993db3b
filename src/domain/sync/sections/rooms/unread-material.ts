import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import { isInPresentHistory, type StreamPosition } from "../../../kernel/stream-position.ts";
import type { CompiledRules } from "../../../push-rules/compile-push-rules.ts";
import type { Receipt } from "../../../receipts/receipt-store.ts";
import type { RoomEvent, TimelineEvent } from "../../../rooms/room-event.ts";
import type { RoomSectionStores } from "./room-question.ts";
import type { ChangedRoom } from "./room-sync-store.ts";
import { memberType } from "./state-sources.ts";
import type { UnreadMemory, UnreadTally } from "./unread-memory.ts";

/** Up to where a user has read a room. */
export interface ReadMarks {
  /** Whatever thread: of receipts without one, and of the time before the user joined. */
  readonly everywhere: StreamPosition;
  /** By thread: its root's id, or `main`. */
  readonly threads: ReadonlyMap<string, StreamPosition>;
}

/** All that the counts of a room follow from: read in a snapshot, and counted after it, for rules may be long. */
export interface UnreadMaterial {
  readonly userId: UserId;
  readonly room: ChangedRoom;
  readonly upTo: StreamPosition;
  readonly rules: CompiledRules;
  readonly ignored: ReadonlySet<UserId>;
  readonly marks: ReadMarks;
  readonly basis: string;
  /** What was counted before. */
  readonly tally: UnreadTally;
  /** What is new since, the oldest first. */
  readonly events: readonly TimelineEvent[];
  /** What rules look at beside the event: the user's membership, and what gives power. */
  readonly state: readonly RoomEvent[];
}

/** The newest events of a room, of which the unread are counted where nothing is remembered: clients show "99+". */
const mostCounted = 100;

export interface UnreadReader {
  readonly userId: UserId;
  readonly upTo: StreamPosition;
  readonly ignored: ReadonlySet<UserId>;
  readonly rules: CompiledRules;
  readonly memory: UnreadMemory;
}

/** Of a room that the user is joined to. */
export async function readUnreadMaterial(
  stores: RoomSectionStores,
  { userId, upTo, ignored, rules, memory }: UnreadReader,
  room: ChangedRoom,
): Promise<UnreadMaterial> {
  const { roomId, stay, eventPosition } = room;
  const marks = readMarks(await stores.receipts.listOwn(roomId, userId), stay?.joinedAt ?? 0);
  const basis = JSON.stringify([marks.everywhere, ...[...marks.threads].sort()]);
  const kept = memory.findTally(userId, roomId);
  const isUseful = kept?.basis === basis && kept.rules === rules && isInPresentHistory(kept.upTo, upTo);
  const list = async (since: StreamPosition) =>
    eventPosition > since ? await stores.events.listNewest(roomId, { since, upTo }, mostCounted) : [];
  const further = isUseful ? await list(kept.upTo) : [];
  // What is redacted may have been counted.
  const goesOn = isUseful && further.every(({ type }) => type !== "m.room.redaction");
  const events = (goesOn ? further : await list(marks.everywhere)).toReversed();
  const places = [
    ["m.room.create", ""],
    ["m.room.power_levels", ""],
    [memberType, userId],
  ] as const;
  const state = events.length === 0 ? [] : await stores.roomState.listCurrent(roomId, places);
  return { userId, room, upTo, rules, ignored, marks, basis, tally: goesOn ? kept.tally : new Map(), events, state };
}

function readMarks(receipts: readonly Receipt[], joinedAt: StreamPosition): ReadMarks {
  const threads = new Map<string, StreamPosition>();
  let everywhere = joinedAt;
  for (const { threadId, eventPosition } of receipts) {
    if (threadId === undefined) everywhere = Math.max(everywhere, eventPosition);
    else threads.set(threadId, Math.max(threads.get(threadId) ?? 0, eventPosition));
  }
  return { everywhere, threads };
}
