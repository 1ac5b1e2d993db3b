import { sql } from "kysely";
import type { RelatedBy } from "../../../domain/filters/room-event-filter.ts";
import type { RelationStore } from "../../../domain/room-timelines/relation-store.ts";
import type { TimelinePlace } from "../../../domain/rooms/event-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { SqlSession } from "../session.ts";
import { padded } from "./padded-list.ts";

/** Rows of an index that one statement looks for: some ms of work at most. */
const mostLookups = 2000;

const mostEventsAtOnce = 128;

/** Which events such others relate to: of each event only whether there is one, for there may be very many. */
export function relatedByReadings(session: SqlSession): Pick<RelationStore, "listRelatedBy"> {
  const { db } = session;
  return {
    async listRelatedBy({ roomId, eventIds }, by, end) {
      const lookups = (by.senders?.length ?? 1) * (by.relTypes?.length ?? 1);
      if (lookups === 0) return [];
      const condition = conditionOf(by, end);
      const giveWay = session.givingWay();
      const found: EventId[] = [];
      const atOnce = Math.min(Math.ceil(mostLookups / lookups), mostEventsAtOnce);
      for (let start = 0; start < eventIds.length; start += atOnce) {
        await giveWay();
        const some = padded(eventIds.slice(start, start + atOnce));
        const related = sql<{ event_id: string }>`SELECT parent.event_id FROM events parent
          WHERE parent.event_id IN (${sql.join(some)}) AND (SELECT 1 FROM event_relations relation
            WHERE relation.parent_id = parent.event_id AND relation.room_id = ${roomId} ${condition} LIMIT 1) IS NOT NULL`;
        const rows = await session.all(nameOf(by), { compile: () => related.compile(db) });
        found.push(...rows.map((row) => row.event_id as EventId));
      }
      return found;
    },
  };
}

function nameOf({ senders, relTypes }: RelatedBy): string {
  return `event_relations.related-by${senders ? "-sender" : ""}${relTypes ? "-type" : ""}`;
}

function conditionOf({ senders, relTypes }: RelatedBy, { depth, position }: TimelinePlace) {
  const bySender = senders ? sql`AND relation.sender IN (${sql.join(padded(senders))})` : sql``;
  const byType = relTypes ? sql`AND relation.rel_type IN (${sql.join(padded(relTypes))})` : sql``;
  // `+`: by senders alone an index has no order of places, and SQLite would take one that knows no senders.
  const place = relTypes ? sql`(relation.depth, relation.position)` : sql`(+relation.depth, +relation.position)`;
  return sql`${bySender} ${byType} AND ${place} <= (${depth}, ${position})`;
}
