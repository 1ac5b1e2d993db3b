import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { AccountDataStore } from "../account-data/account-data-store.ts";
import { listIgnoredUsers } from "../account-data/ignored-users.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import { findSight, type SightStores } from "./find-sight.ts";
import type { Reader, RelatedPair, RelationStore, ThreadSummary } from "./relation-store.ts";
import { listSeenReferences, listSeenThreads } from "./seen-relations.ts";

export interface AggregatingStores extends SightStores {
  readonly relations: Reading<RelationStore>;
  readonly accountData: Reading<AccountDataStore>;
}

/** What relates to some events, by their ids. */
export interface Aggregates {
  readonly threads: ReadonlyMap<EventId, ThreadSummary>;
  /** Of the events, and of the last ones of their threads: what may be a valid replacement. */
  readonly edits: ReadonlyMap<EventId, readonly RelatedPair[]>;
  readonly references: ReadonlyMap<EventId, readonly RelatedPair[]>;
}

/** References that are named of one event, and of all those of an answer together: fewer where each is looked at. */
const mostReferences = 100;
const mostReferencesInAll = 1000;
const mostReferencesLookedAt = 200;

/** Ignored users whose events are left out of what is counted. */
const mostIgnored = 500;

export const noAggregates: Aggregates = { threads: new Map(), edits: new Map(), references: new Map() };

/**
 * Of events of one room, of what relates to them what the user may see: for who has left the room, as it was then. State
 * events have no aggregations, nor do those that relate to another one have threads.
 * https://spec.matrix.org/v1.19/client-server-api/#aggregations-of-child-events
 *
 * @param known whom the user ignores, where that is known
 */
export async function findAggregates(
  stores: AggregatingStores,
  userId: UserId,
  events: readonly RoomEvent[],
  known?: ReadonlySet<UserId>,
): Promise<Aggregates> {
  const messages = events.filter(({ stateKey }) => stateKey === undefined);
  const roomId = messages[0]?.roomId;
  if (roomId === undefined) return noAggregates;
  const of = (some: readonly RoomEvent[]) => ({ roomId, eventIds: some.map(({ eventId }) => eventId) });
  const parentIds = new Set(await stores.relations.listParents(of(messages)));
  // To most events nothing relates.
  if (parentIds.size === 0) return noAggregates;
  const parents = messages.filter(({ eventId }) => parentIds.has(eventId));
  const { isWhole, upTo } = await findSight(stores, userId, roomId);
  const reader: Reader = {
    userId,
    ignored: [...(known ?? (await listIgnoredUsers(stores, userId)))].slice(0, mostIgnored),
    upTo,
  };
  // Most do not even name the member: they need not be asked for.
  const candidates = parents.filter(({ content }) => content.includes('"m.relates_to"'));
  const relating = new Set(await stores.relations.listRelating(of(candidates)));
  const roots = parents.filter(({ eventId }) => !relating.has(eventId));
  const threads = await listSeenThreads(stores, of(roots), reader, isWhole);
  const eventIds = [...of(parents).eventIds, ...threads.map(({ latestId }) => latestId)];
  const edits = await stores.relations.listEdits({ roomId, eventIds }, reader);
  const inAll = isWhole ? mostReferencesInAll : mostReferencesLookedAt;
  const limit = Math.max(1, Math.min(mostReferences, Math.floor(inAll / parents.length)));
  const references = await listSeenReferences(stores, of(parents), reader, { isWhole, limit });
  return {
    threads: new Map(threads.map((thread) => [thread.rootId, thread])),
    edits: Map.groupBy(edits, ({ parentId }) => parentId),
    references: Map.groupBy(references, ({ parentId }) => parentId),
  };
}
