import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { EventStore } from "../rooms/event-store.ts";
import { isInTimeline } from "../rooms/is-in-timeline.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import { listVisible, type SeenEvent, type VisibilityStores } from "../rooms/visibility/list-visible.ts";

export interface SeeingStores extends VisibilityStores {
  readonly events: Reading<EventStore>;
  readonly memberships: Reading<MembershipStore>;
}

/**
 * Inside a snapshot: one event of a room.
 * @throws MatrixError `M_NOT_FOUND` when there is none, and to who may not see it
 */
export async function requireSeenEvent(
  stores: SeeingStores,
  userId: UserId,
  roomId: RoomId,
  eventId: EventId,
): Promise<SeenEvent> {
  const event = await stores.events.findEvent(eventId);
  const member = await stores.memberships.findMember(userId, roomId);
  const isThere = event?.roomId === roomId && isInTimeline(event) && member?.isForgotten !== true;
  const [seen] = isThere ? await listVisible(stores, userId, roomId, [event]) : [];
  if (!seen) throw new MatrixError("M_NOT_FOUND", "There is no such event in this room that you may see");
  return seen;
}
