import { type AppendedEvent, everySender, type NewEventRow, type NewRelationRow } from "../../room-statements.ts";
import { placeBelow } from "../reserved-position.ts";
import type { RunQuery } from "../transaction-batches.ts";

const last = "(SELECT position FROM stream WHERE id = 1)";

const relationsText = `INSERT INTO event_relations (event_id, parent_id, rel_type, type, sender, room_id, depth, position,
    key_digest)
  SELECT event_id, parent_id, rel_type, type, sender, room_id, depth, ${last} - below, key_digest
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
      $9::text[])
    AS relation(event_id, parent_id, rel_type, type, sender, room_id, depth, below, key_digest)`;

const threadsText = `INSERT INTO threads AS thread (room_id, root_id, sender, events, last_depth, last_position)
  SELECT room_id, root_id, sender, events, depth, ${last} - below
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS longer(room_id, root_id, sender, events, depth, below)
  ON CONFLICT (room_id, root_id, sender) DO UPDATE SET events = thread.events + excluded.events,
    last_position = CASE WHEN (thread.last_depth, thread.last_position) < (excluded.last_depth, excluded.last_position)
      THEN excluded.last_position ELSE thread.last_position END,
    last_depth = greatest(thread.last_depth, excluded.last_depth)`;

interface RelatedEvent {
  readonly event: NewEventRow;
  readonly relation: NewRelationRow;
}

/** What these events relate to, and the threads that they are in. */
export function addRelations(query: RunQuery, appended: readonly AppendedEvent[]): Promise<unknown>[] {
  const related = appended.flatMap(({ event, relation }) => (relation ? [{ event, relation }] : []));
  return related.length === 0 ? [] : [addRelationRows(query, related), lengthenThreads(query, related)];
}

function addRelationRows(query: RunQuery, related: readonly RelatedEvent[]): Promise<unknown> {
  return query("event_relations.add", relationsText, [
    related.map(({ event }) => event.event_id),
    related.map(({ relation }) => relation.parent_id),
    related.map(({ relation }) => relation.rel_type),
    related.map(({ event }) => event.type),
    related.map(({ event }) => event.sender),
    related.map(({ event }) => event.room_id),
    related.map(({ event }) => event.depth),
    related.map(({ event }) => placeBelow(event.position)),
    related.map(({ relation }) => relation.key_digest),
  ]);
}

interface LongerThread {
  readonly roomId: string;
  readonly rootId: string;
  readonly sender: string;
  events: number;
  depth: number;
  below: number;
}

async function lengthenThreads(query: RunQuery, related: readonly RelatedEvent[]): Promise<void> {
  const threads = listLonger(related);
  if (threads.length === 0) return;
  await query("threads.lengthen", threadsText, [
    threads.map((thread) => thread.roomId),
    threads.map((thread) => thread.rootId),
    threads.map((thread) => thread.sender),
    threads.map((thread) => thread.events),
    threads.map((thread) => thread.depth),
    threads.map((thread) => thread.below),
  ]);
}

/** A statement has but one row for each row that it changes. */
function listLonger(related: readonly RelatedEvent[]): LongerThread[] {
  const threads = new Map<string, LongerThread>();
  for (const { event, relation } of related) {
    if (relation.rel_type !== "m.thread") continue;
    const { room_id: roomId, depth } = event;
    const below = placeBelow(event.position);
    for (const sender of [everySender, event.sender]) {
      // No id has this character (it cannot be stored).
      const name = [roomId, relation.parent_id, sender].join("\0");
      const thread = threads.get(name) ?? { roomId, rootId: relation.parent_id, sender, events: 0, depth, below };
      thread.events++;
      if (depth > thread.depth || (depth === thread.depth && below < thread.below))
        Object.assign(thread, { depth, below });
      threads.set(name, thread);
    }
  }
  return [...threads.values()];
}
