import { type RawBuilder, sql } from "kysely";
import type { RelationStore } from "../../../domain/room-timelines/relation-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { SqlSession } from "../session.ts";
import { padded } from "./padded-list.ts";

type AggregateReadings = Pick<RelationStore, "listEdits" | "listReferences">;

interface EditsRow {
  readonly parent_id: string;
  readonly first: string | null;
  readonly second: string | null;
  readonly third: string | null;
}

/** What bundled aggregations are made of, each for many events at once. */
export function aggregateReadings(session: SqlSession): AggregateReadings {
  const { db, hot } = session;
  /** The one so far from the newest: by the index, so that no number of replacements makes it slow. */
  const edit = (before: RawBuilder<unknown>, offset: number) => sql<
    string | null
  >`(SELECT newest.event_id FROM event_relations newest
    WHERE newest.parent_id = original.event_id AND newest.room_id = original.room_id AND newest.rel_type = 'm.replace' AND newest.type = original.type
      AND newest.sender = original.sender ${before}
    ORDER BY newest.depth DESC, newest.position DESC LIMIT 1 OFFSET ${sql.lit(offset)})`;
  return {
    async listEdits({ roomId, eventIds }, { upTo }) {
      if (eventIds.length === 0) return [];
      const before = upTo ? sql`AND (newest.depth, newest.position) <= (${upTo.depth}, ${upTo.position})` : sql``;
      const [first, second, third] = [edit(before, 0), edit(before, 1), edit(before, 2)];
      const edits = db
        .selectFrom("events as original")
        .select(["original.event_id as parent_id", first.as("first"), second.as("second"), third.as("third")])
        .where("original.event_id", "in", padded(eventIds))
        // Written so that SQLite does not look through all events of the room for some whose ids are known.
        .where(sql<number>`CASE original.room_id WHEN ${roomId} THEN 1 ELSE 0 END`, "=", 1);
      const rows: EditsRow[] = await session.all("event_relations.edits", edits);
      return rows.flatMap(({ parent_id, first, second, third }) =>
        [first, second, third].flatMap((eventId) =>
          eventId === null ? [] : [{ parentId: parent_id as EventId, eventId: eventId as EventId }],
        ),
      );
    },
    async listReferences({ roomId, eventIds }, { ignored, upTo }, limit) {
      const place = upTo ?? { depth: Number.MAX_SAFE_INTEGER, position: Number.MAX_SAFE_INTEGER };
      // Some more where some may not count.
      const most = ignored.length === 0 ? limit : limit * 4;
      const rows = await hot.listReferences({ roomId, parentIds: eventIds, ...place, limit: most });
      const unheard = new Set<string>(ignored);
      const heard = Map.groupBy(
        rows.filter(({ sender }) => !unheard.has(sender)),
        (row) => row.parent_id,
      );
      return [...heard.values()].flatMap((references) =>
        references
          .slice(0, limit)
          .map((row) => ({ parentId: row.parent_id as EventId, eventId: row.event_id as EventId })),
      );
    },
  };
}
