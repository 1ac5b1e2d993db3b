import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Reading } from "../../kernel/unit-of-work.ts";
import { membershipOf } from "../membership-change.ts";
import type { Membership } from "../membership-store.ts";
import type { RoomEvent, SnapshotId, TimelineEvent } from "../room-event.ts";
import type { RoomStateStore } from "../room-state-store.ts";

const visibilities = ["world_readable", "shared", "invited", "joined"] as const;

/** https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility */
export type HistoryVisibility = (typeof visibilities)[number];

/** What a state of a room says of who may see what is sent in it, and of one user. */
export interface Standing {
  readonly historyVisibility: HistoryVisibility;
  /** `undefined`: the user has never had to do with the room. */
  readonly membership: Membership | undefined;
}

/** What the content of an `m.room.history_visibility` event says: `shared` where it says nothing that is known. */
export function historyVisibilityOf(content: JsonObject | undefined): HistoryVisibility {
  return visibilities.find((known) => known === content?.["history_visibility"]) ?? "shared";
}

/**
 * How a user stood before and after each of these events of one room. A state event that is about something else leaves
 * that as it was, so that a page of the timeline in which nothing of it changes costs one read.
 *
 * @returns looks a snapshot up: any that is `stateBefore` or `stateAfter` of one of the events
 */
export async function readStandings(
  roomState: Reading<RoomStateStore>,
  userId: UserId,
  roomId: RoomId,
  events: readonly TimelineEvent[],
): Promise<(snapshot: SnapshotId) => Standing> {
  const sameAs = new Map<SnapshotId, SnapshotId>();
  const firstOf = (id: SnapshotId) => sameAs.get(id) ?? id;
  for (const event of events.toSorted((one, other) => one.position - other.position)) {
    const { stateBefore, stateAfter } = event;
    if (stateAfter !== stateBefore && !changesStanding(event, userId)) sameAs.set(stateAfter, firstOf(stateBefore));
  }
  const standings = new Map<SnapshotId, Standing>();
  for (const id of events.flatMap(({ stateBefore, stateAfter }) => [firstOf(stateBefore), firstOf(stateAfter)])) {
    if (!standings.has(id)) standings.set(id, await readStanding(roomState, userId, roomId, id));
  }
  return (snapshot) => standings.get(firstOf(snapshot)) ?? beforeAll;
}

/** Before the first event of a room. */
const beforeAll: Standing = { historyVisibility: historyVisibilityOf(undefined), membership: undefined };

async function readStanding(
  roomState: Reading<RoomStateStore>,
  userId: UserId,
  roomId: RoomId,
  id: SnapshotId,
): Promise<Standing> {
  if (id === 0) return beforeAll;
  const state = await roomState.listAt(roomId, id, [
    ["m.room.history_visibility", ""],
    ["m.room.member", userId],
  ]);
  return standingIn(state);
}

/** @param state holds no other user's `m.room.member` */
export function standingIn(state: readonly RoomEvent[]): Standing {
  const contentOf = (type: string) => {
    const event = state.find((candidate) => candidate.type === type);
    return event && (JSON.parse(event.content) as JsonObject);
  };
  return {
    historyVisibility: historyVisibilityOf(contentOf("m.room.history_visibility")),
    membership: membershipOf(contentOf("m.room.member")),
  };
}

function changesStanding({ type, stateKey }: TimelineEvent, userId: UserId): boolean {
  if (type === "m.room.member") return stateKey === userId;
  return type === "m.room.history_visibility" && stateKey === "";
}
