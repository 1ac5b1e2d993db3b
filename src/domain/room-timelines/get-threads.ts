import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { formatPageToken } from "../../protocol/page-token.ts";
import { type IgnoredUsersMemory, recallIgnoredUsers } from "../account-data/ignored-users.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading, ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import type { TimelinePlace } from "../rooms/event-store.ts";
import { isInTimeline } from "../rooms/is-in-timeline.ts";
import { listVisible } from "../rooms/visibility/list-visible.ts";
import type { TimelineStores } from "./get-messages.ts";
import type { RelationStore, ThreadedEvent, ThreadPlace } from "./relation-store.ts";
import { findLastSeen, requireView } from "./room-view.ts";
import { showEvents } from "./show-events.ts";
import type { ShownEvent } from "./shown-event.ts";
import { comparePlaces, findPlace, liveEnd, placeBehind } from "./timeline-places.ts";

export interface GetThreadsDeps {
  readonly snapshots: Snapshots<TimelineStores>;
  readonly ignoredUsers: IgnoredUsersMemory;
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

/** Threads that are read at once where not every one is wanted, and in all for one page: it may stay empty. */
const batch = 100;
const mostRead = 1000;

/** As `batch`, of events in threads, where the order of the threads is that of a time that is past. */
const eventsAtOnce = 200;

/**
 * The roots of a room's threads, as far as the requester may see them: for who has left the room, as it was then.
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
    const lastSeen = await findLastSeen(stores, requester.userId, roomId);
    const end = lastSeen && placeBehind(lastSeen);
    const asked = from === undefined ? liveEnd : await findPlace(stores.events, roomId, from, "from");
    let at = end && comparePlaces(end, asked) < 0 ? end : asked;
    const roots: ShownEvent[] = [];
    for (let read = 0; read < mostRead; read += batch) {
      // At first as many as are asked for: as a rule they are all wanted.
      const { threads, next } = await listThreads(stores.relations, { roomId, end }, at, read === 0 ? limit : batch);
      for (const { event, thread } of await showRoots(deps.ignoredUsers, stores, requester, roomId, threads)) {
        if (participated && event.aggregations?.thread?.hasParticipated !== true) continue;
        roots.push(event);
        if (roots.length === limit) return { roots, nextBatch: formatPageToken(beforePlace(thread)) };
      }
      if (!next) return { roots, nextBatch: undefined };
      at = next;
    }
    return { roots, nextBatch: formatPageToken(at) };
  });
}

/** Of the threads of a room as it was at a time the last events are looked for among all events in threads. */
async function listThreads(
  relations: Reading<RelationStore>,
  { roomId, end }: { readonly roomId: RoomId; readonly end: TimelinePlace | undefined },
  from: TimelinePlace,
  limit: number,
): Promise<{ threads: ThreadPlace[]; next: TimelinePlace | undefined }> {
  const length = end ? eventsAtOnce : limit;
  const found = end
    ? await relations.listThreaded(roomId, from, end, length)
    : await relations.listNewestThreads(roomId, from, length);
  const oldest = found.length === length ? found.at(-1) : undefined;
  return { threads: found.filter(isLast), next: oldest && beforePlace(oldest) };
}

function isLast(thread: ThreadPlace | ThreadedEvent): boolean {
  return !("isLast" in thread) || thread.isLast;
}

function beforePlace({ place }: ThreadPlace): TimelinePlace {
  return { depth: place.depth, position: place.position - 1 };
}

/** The roots of these threads that the requester may see, in the same order. */
async function showRoots(
  memory: IgnoredUsersMemory,
  stores: ReadingAll<TimelineStores>,
  requester: Requester,
  roomId: RoomId,
  threads: readonly ThreadPlace[],
): Promise<{ event: ShownEvent; thread: ThreadPlace }[]> {
  const found = await stores.events.listEvents(threads.map(({ rootId }) => rootId));
  const ignored = await recallIgnoredUsers(memory, stores, requester.userId);
  const ofRoom = found.filter(isInTimeline).filter((event) => event.roomId === roomId && !ignored.has(event.sender));
  const visible = await listVisible(stores, requester.userId, roomId, ofRoom);
  const shown = await showEvents(stores, requester, visible, { ignored });
  const byId = new Map(shown.map((event) => [event.event.eventId, event]));
  return threads.flatMap((thread) => {
    const event = byId.get(thread.rootId);
    return event?.aggregations?.thread ? [{ event, thread }] : [];
  });
}
