import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { EventStore } from "../rooms/event-store.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import type { TimelineEvent } from "../rooms/room-event.ts";
import type { RoomStateStore } from "../rooms/room-state-store.ts";
import type { StayStore } from "../rooms/stay-store.ts";
import { standingIn } from "../rooms/visibility/standings.ts";

export interface ViewStores {
  readonly events: Reading<EventStore>;
  readonly memberships: Reading<MembershipStore>;
  readonly roomState: Reading<RoomStateStore>;
  readonly stays: Reading<StayStore>;
}

/** What of a room a user may ask for. */
export interface RoomView {
  readonly roomId: RoomId;
  /** The event by which the user has left: what came after it is not the user's. `undefined`: all there is. */
  readonly lastEvent: TimelineEvent | undefined;
}

/**
 * Inside a snapshot: members see a room as it is, those who have left as it was then, and everybody one whose history is
 * `world_readable`. Who has forgotten a room has never been there.
 *
 * @throws MatrixError `M_FORBIDDEN` to everybody else, be there such a room or not
 */
export async function requireView(stores: ViewStores, userId: UserId, roomId: RoomId): Promise<RoomView> {
  const member = await stores.memberships.findMember(userId, roomId);
  if (member?.membership === "join") return { roomId, lastEvent: undefined };
  const lastEvent = member?.isForgotten === false ? await findLeaving(stores, userId, roomId) : undefined;
  if (lastEvent) return { roomId, lastEvent };
  if (await isWorldReadable(stores, roomId)) return { roomId, lastEvent: undefined };
  throw new MatrixError("M_FORBIDDEN", "You are not in this room, and have not been");
}

/**
 * The last event that a user may know of: `undefined` for who is in the room, and where everybody may look.
 */
export async function findLastSeen(
  stores: Omit<ViewStores, "memberships">,
  userId: UserId,
  roomId: RoomId,
): Promise<TimelineEvent | undefined> {
  const leaving = await findLeaving(stores, userId, roomId);
  return leaving && (await isWorldReadable(stores, roomId)) ? undefined : leaving;
}

/** The newest event in a view. */
export async function findEndOfView(
  { events }: Pick<ViewStores, "events">,
  { roomId, lastEvent }: RoomView,
): Promise<TimelineEvent | undefined> {
  return lastEvent ?? (await events.listNewest(roomId, { since: 0, upTo: Number.MAX_SAFE_INTEGER }, 1))[0];
}

async function findLeaving(
  { events, stays }: Pick<ViewStores, "events" | "stays">,
  userId: UserId,
  roomId: RoomId,
): Promise<TimelineEvent | undefined> {
  const leftAt = (await stays.findLastStay(userId, roomId))?.leftAt;
  if (leftAt === undefined) return undefined;
  return (await events.listNewest(roomId, { since: leftAt - 1, upTo: leftAt }, 1))[0];
}

async function isWorldReadable({ roomState }: Pick<ViewStores, "roomState">, roomId: RoomId): Promise<boolean> {
  const visibility = await roomState.listCurrent(roomId, [["m.room.history_visibility", ""]]);
  return standingIn(visibility).historyVisibility === "world_readable";
}
