import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { TimelineEvent } from "../rooms/room-event.ts";
import { listVisible } from "../rooms/visibility/list-visible.ts";
import type { EventTimeStore } from "./event-time-store.ts";
import { requireView, type ViewStores } from "./room-view.ts";

export interface GetEventByTimestampDeps {
  readonly snapshots: Snapshots<ViewStores & { readonly eventTimes: EventTimeStore }>;
}

export interface TimestampRequest {
  readonly roomId: RoomId;
  /** Ms since the epoch. */
  readonly time: number;
  readonly direction: "backward" | "forward";
}

/** Events that are looked at, should the requester not be allowed to see the nearest. */
const mostRead = 200;

/**
 * The event that was sent nearest to a time, in one direction from it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
 *
 * @throws MatrixError `M_FORBIDDEN`, `M_NOT_FOUND` when there is none
 */
export async function getEventByTimestamp(
  deps: GetEventByTimestampDeps,
  { userId }: Requester,
  { roomId, time, direction }: TimestampRequest,
): Promise<TimelineEvent> {
  return deps.snapshots.read(async (stores) => {
    await requireView(stores, userId, roomId);
    const [nearest] = await stores.eventTimes.listNearest(roomId, time, direction, 1);
    const candidates = nearest ? [nearest] : [];
    const [visible] = await listVisible(stores, userId, roomId, candidates);
    if (visible || !nearest) return requireFound(visible);
    const further = await stores.eventTimes.listNearest(roomId, time, direction, mostRead);
    return requireFound((await listVisible(stores, userId, roomId, further))[0]);
  });
}

function requireFound(event: TimelineEvent | undefined): TimelineEvent {
  if (event) return event;
  throw new MatrixError("M_NOT_FOUND", "There is no event in this direction that you may see");
}
