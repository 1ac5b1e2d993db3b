import { sql } from "kysely";
import type { RelationStore } from "../../../domain/room-timelines/relation-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { SqlSession } from "../session.ts";
import { padded } from "./padded-list.ts";

type AggregateReadings = Pick<RelationStore, "listEdits" | "listThreads" | "listReferences">;

interface EditsRow {
  readonly parent_id: string;
  readonly first: string | null;
  readonly second: string | null;
  readonly third: string | null;
}

/** What bundled aggregations are made of, each for many events at once. */
export function aggregateReadings(session: SqlSession): AggregateReadings {
  const { db } = session;
  /** The one so far from the newest: by the index, so that no number of replacements makes it slow. */
  const edit = (offset: number) => sql<string | null>`(SELECT newest.event_id FROM event_relations newest
    WHERE newest.parent_id = original.event_id AND newest.room_id = original.room_id AND newest.rel_type = 'm.replace' AND newest.type = original.type
      AND newest.sender = original.sender
    ORDER BY newest.depth DESC, newest.position DESC LIMIT 1 OFFSET ${sql.lit(offset)})`;
  return {
    async listEdits({ roomId, eventIds }) {
      if (eventIds.length === 0) return [];
      const edits = db
        .selectFrom("events as original")
        .select(["original.event_id as parent_id", edit(0).as("first"), edit(1).as("second"), edit(2).as("third")])
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
    async listThreads({ roomId, eventIds }, userId, ignored) {
      if (eventIds.length === 0) return [];
      const heard = ignored.length === 0 ? sql`` : sql`AND sender NOT IN (${sql.join(padded(ignored))})`;
      const threads = sql<ThreadRow>`SELECT thread.parent_id, COUNT(*) AS count,
          MAX(CASE WHEN thread.sender = ${userId} THEN 1 ELSE 0 END) AS is_own,
          (SELECT event_id FROM event_relations
            WHERE parent_id = thread.parent_id AND room_id = ${roomId} AND rel_type = 'm.thread' ${heard}
            ORDER BY depth DESC, position DESC LIMIT 1) AS latest_id
        FROM (SELECT parent_id, sender FROM event_relations
          WHERE parent_id IN (${sql.join(padded(eventIds))}) AND room_id = ${roomId} AND rel_type = 'm.thread' ${heard}) AS thread
        GROUP BY thread.parent_id`;
      const rows = await session.all("event_relations.threads", { compile: () => threads.compile(db) });
      return rows.map((row) => ({
        rootId: row.parent_id as EventId,
        count: Number(row.count),
        latestId: row.latest_id as EventId,
        isOwn: Number(row.is_own) === 1,
      }));
    },
    async listReferences({ roomId, eventIds }, ignored, limit) {
      if (eventIds.length === 0) return [];
      let references = db
        .selectFrom("event_relations")
        .select(["parent_id", "event_id"])
        .where("parent_id", "in", padded(eventIds))
        .where("room_id", "=", roomId)
        .where("rel_type", "=", "m.reference");
      if (ignored.length > 0) references = references.where("sender", "not in", padded(ignored));
      const newest = references.orderBy("depth", "desc").orderBy("position", "desc").limit(limit);
      const rows = await session.all("event_relations.references", newest);
      return rows.map((row) => ({ parentId: row.parent_id as EventId, eventId: row.event_id as EventId }));
    },
  };
}

interface ThreadRow {
  readonly parent_id: string;
  readonly count: number | string;
  readonly is_own: number | string;
  readonly latest_id: string;
}
