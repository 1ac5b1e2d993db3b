import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import { isInTimeline } from "../rooms/is-in-timeline.ts";
import { listVisible } from "../rooms/visibility/list-visible.ts";
import type { SightStores } from "./find-sight.ts";
import type { EventsOfRoom, Reader, RelatedPair, RelationStore, ThreadSummary } from "./relation-store.ts";
import { placeBehind } from "./timeline-places.ts";

interface RelatingStores extends SightStores {
  readonly relations: Reading<RelationStore>;
}

/** Events of a thread that are counted for who does not see its end: what is told is an approximate number. */
const mostCounted = 1000;

/** Stays of a user in a room at whose end a thread is looked at. */
const mostStays = 4;

/**
 * Threads as far as the reader sees them. Where the last event of one is in a time of which the reader sees nothing, the
 * thread is told as it was when the reader was last there before.
 */
export async function listSeenThreads(
  stores: RelatingStores,
  roots: EventsOfRoom,
  reader: Reader,
  isWhole: boolean,
): Promise<ThreadSummary[]> {
  const found = await stores.relations.listThreads(roots, reader, mostCounted);
  if (isWhole) return found;
  const { roomId } = roots;
  const seen: ThreadSummary[] = [];
  let [threads, before] = [found, Number.MAX_SAFE_INTEGER];
  for (let stays = 0; threads.length > 0 && stays < mostStays; stays++) {
    const latest = threads.map(({ latestId }) => latestId);
    const visible = await listSeen(stores, reader.userId, roomId, latest);
    seen.push(...threads.filter(({ latestId }) => visible.has(latestId)));
    const hidden = threads.filter(({ latestId }) => !visible.has(latestId)).map(({ rootId }) => rootId);
    const stay = hidden.length === 0 ? undefined : await findEndedStay(stores, reader.userId, roomId, before);
    if (!stay) break;
    before = stay.joinedAt;
    const upTo = placeBehind(stay.end);
    threads = await stores.relations.listThreads({ roomId, eventIds: hidden }, { ...reader, upTo }, mostCounted);
  }
  return seen;
}

/** The last stay that began before a position and is over. */
async function findEndedStay({ stays, events }: SightStores, userId: UserId, roomId: RoomId, before: number) {
  const last = await stays.findLastStay(userId, roomId, before);
  const ended = last?.leftAt === undefined && last ? await stays.findLastStay(userId, roomId, last.joinedAt) : last;
  if (ended?.leftAt === undefined) return undefined;
  const [end] = await events.listNewest(roomId, { since: ended.leftAt - 1, upTo: ended.leftAt }, 1);
  return end && { joinedAt: ended.joinedAt, end };
}

/** Those of some references to events that the reader sees. */
export async function listSeenReferences(
  stores: RelatingStores,
  parents: EventsOfRoom,
  reader: Reader,
  { isWhole, limit }: { readonly isWhole: boolean; readonly limit: number },
): Promise<RelatedPair[]> {
  const found = await stores.relations.listReferences(parents, reader, limit);
  if (isWhole || found.length === 0) return found;
  const ids = found.map(({ eventId }) => eventId);
  const visible = await listSeen(stores, reader.userId, parents.roomId, ids);
  return found.filter(({ eventId }) => visible.has(eventId));
}

async function listSeen(
  stores: SightStores,
  userId: UserId,
  roomId: RoomId,
  eventIds: readonly EventId[],
): Promise<Set<EventId>> {
  const events = (await stores.events.listEvents(eventIds)).filter((event) => event.roomId === roomId);
  const seen = await listVisible(stores, userId, roomId, events.filter(isInTimeline));
  return new Set(seen.map(({ eventId }) => eventId));
}
