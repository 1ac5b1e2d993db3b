import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { formatPageToken } from "../../protocol/page-token.ts";
import { listIgnoredUsers } from "../account-data/ignored-users.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import type { TimelinePlace } from "../rooms/event-store.ts";
import { isInTimeline } from "../rooms/is-in-timeline.ts";
import { listVisible } from "../rooms/visibility/list-visible.ts";
import type { TimelineStores } from "./get-messages.ts";
import type { ThreadedEvent } from "./relation-store.ts";
import { requireView } from "./room-view.ts";
import { showEvents } from "./show-events.ts";
import type { ShownEvent } from "./shown-event.ts";
import { findPlace } from "./timeline-places.ts";

export interface GetThreadsDeps {
  readonly snapshots: Snapshots<TimelineStores>;
}

export interface ThreadsRequest {
  readonly roomId: RoomId;
  /** Only threads in which the requester has sent something. */
  readonly participated: boolean;
  readonly from: string | undefined;
  /** 1 or more. */
  readonly limit: number;
}

export interface ThreadsPage {
  /** By the last event of their threads, the newest first. */
  readonly roots: readonly ShownEvent[];
  readonly nextBatch: string | undefined;
}

/** Events of threads that are read at once, and for one page: it may stay empty. */
const batch = 500;
const mostRead = 5000;

/**
 * The roots of a room's threads, as far as the requester may see them.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads
 *
 * @throws MatrixError `M_FORBIDDEN`, `M_INVALID_PARAM` for the token
 */
export async function getThreads(
  deps: GetThreadsDeps,
  requester: Requester,
  { roomId, participated, from, limit }: ThreadsRequest,
): Promise<ThreadsPage> {
  return deps.snapshots.read(async (stores) => {
    await requireView(stores, requester.userId, roomId);
    let at = from === undefined ? undefined : await findPlace(stores.events, roomId, from, "from");
    const roots: ShownEvent[] = [];
    for (let read = 0; read < mostRead; read += batch) {
      const threaded = await stores.relations.listThreaded(roomId, at, batch);
      const last = threaded.filter(({ isLast }) => isLast);
      for (const { event, thread } of await showRoots(stores, requester, roomId, last)) {
        if (participated && event.aggregations?.thread?.hasParticipated !== true) continue;
        roots.push(event);
        if (roots.length === limit) return { roots, nextBatch: formatPageToken(beforePlace(thread)) };
      }
      const oldest = threaded.at(-1);
      if (threaded.length < batch || !oldest) return { roots, nextBatch: undefined };
      at = beforePlace(oldest);
    }
    return { roots, nextBatch: at && formatPageToken(at) };
  });
}

function beforePlace({ place }: ThreadedEvent): TimelinePlace {
  return { depth: place.depth, position: place.position - 1 };
}

/** The roots of these threads that the requester may see, in the same order. */
async function showRoots(
  stores: ReadingAll<TimelineStores>,
  requester: Requester,
  roomId: RoomId,
  threads: readonly ThreadedEvent[],
): Promise<{ event: ShownEvent; thread: ThreadedEvent }[]> {
  const found = await stores.events.listEvents(threads.map(({ rootId }) => rootId));
  const ignored = await listIgnoredUsers(stores, requester.userId);
  const ofRoom = found.filter(isInTimeline).filter((event) => event.roomId === roomId && !ignored.has(event.sender));
  const visible = await listVisible(stores, requester.userId, roomId, ofRoom);
  const shown = await showEvents(stores, requester, visible);
  const byId = new Map(shown.map((event) => [event.event.eventId, event]));
  return threads.flatMap((thread) => {
    const event = byId.get(thread.rootId);
    return event?.aggregations?.thread ? [{ event, thread }] : [];
  });
}
