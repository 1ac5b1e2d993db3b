import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { requireSeenEvent, type SeeingStores } from "./find-seen-event.ts";
import { type ShowingStores, showEvents } from "./show-events.ts";
import type { ShownEvent } from "./shown-event.ts";

export interface GetEventDeps {
  readonly snapshots: Snapshots<SeeingStores & ShowingStores>;
}

/** Names one event of a room. */
export interface EventOfRoom {
  readonly roomId: RoomId;
  readonly eventId: EventId;
}

/**
 * One event. @throws MatrixError `M_NOT_FOUND` when there is none, and to who may not see it
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomideventeventid
 */
export async function getEvent(
  deps: GetEventDeps,
  requester: Requester,
  { roomId, eventId }: EventOfRoom,
): Promise<ShownEvent> {
  return deps.snapshots.read(async (stores) => {
    const seen = await requireSeenEvent(stores, requester.userId, roomId, eventId);
    const [shown = { event: seen }] = await showEvents(stores, requester, [seen]);
    return shown;
  });
}
