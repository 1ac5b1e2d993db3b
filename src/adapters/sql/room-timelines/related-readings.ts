import { sql } from "kysely";
import type { EventsOfRoom, RelationStore } from "../../../domain/room-timelines/relation-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import { eventColumnNames, timelineEventOf } from "../rooms/room-event-row.ts";
import type { SqlSession } from "../session.ts";
import { padded } from "./padded-list.ts";

type RelatedReadings = Pick<
  RelationStore,
  "listRelated" | "listRelatedIds" | "listRelating" | "listAnnotations" | "listThreaded"
>;

/** The child events of others, by pages. */
export function relatedReadings(session: SqlSession): RelatedReadings {
  const { db } = session;
  const related = db
    .selectFrom("event_relations as relation")
    .innerJoin("events as event", "event.event_id", "relation.event_id")
    .select(eventColumnNames);
  const relatedTo = ({ roomId, eventIds }: EventsOfRoom) =>
    related.where("relation.parent_id", "in", padded(eventIds)).where("relation.room_id", "=", roomId);
  return {
    async listRelated(parents, { relType, type }, { direction, from, to }, limit) {
      if (parents.eventIds.length === 0) return [];
      const [lower, upper] = direction === "backward" ? [to, from] : [from, to];
      let page = db
        .selectFrom("event_relations as relation")
        .select("relation.event_id")
        .where("relation.parent_id", "in", padded(parents.eventIds))
        .where("relation.room_id", "=", parents.roomId);
      if (relType !== undefined) page = page.where("relation.rel_type", "=", relType);
      if (type !== undefined) page = page.where("relation.type", "=", type);
      if (lower)
        page = page.where(sql<boolean>`(relation.depth, relation.position) > (${lower.depth}, ${lower.position})`);
      if (upper)
        page = page.where(sql<boolean>`(relation.depth, relation.position) <= (${upper.depth}, ${upper.position})`);
      const order = direction === "backward" ? "desc" : "asc";
      const nearest = page.orderBy("relation.depth", order).orderBy("relation.position", order).limit(limit);
      // Of the nearest alone: those of several parents are sorted first, and may be very many.
      const found = db.selectFrom("events as event").select(eventColumnNames).where("event.event_id", "in", nearest);
      const rows = (await session.all(`event_relations.page-${direction}`, found)).map(timelineEventOf);
      const sign = direction === "backward" ? -1 : 1;
      return rows.sort((one, other) => sign * (one.depth - other.depth || one.position - other.position));
    },
    async listRelatedIds({ roomId, eventIds }, { relType, type }, limit) {
      if (eventIds.length === 0) return [];
      let ids = db
        .selectFrom("event_relations")
        .select("event_id")
        .where("parent_id", "in", padded(eventIds))
        .where("room_id", "=", roomId);
      if (relType !== undefined) ids = ids.where("rel_type", "=", relType);
      if (type !== undefined) ids = ids.where("type", "=", type);
      const newest = ids.orderBy("depth", "desc").orderBy("position", "desc").limit(limit);
      return (await session.all("event_relations.ids", newest)).map((row) => row.event_id as EventId);
    },
    async listRelating({ roomId, eventIds }) {
      if (eventIds.length === 0) return [];
      const relating = db
        .selectFrom("event_relations")
        .select("event_id")
        .where("event_id", "in", padded(eventIds))
        .where("room_id", "=", roomId);
      return (await session.all("event_relations.relating", relating)).map((row) => row.event_id as EventId);
    },
    async listAnnotations(parents, sender, type, limit) {
      const newest = relatedTo(parents)
        .where("relation.rel_type", "=", "m.annotation")
        .where("relation.sender", "=", sender)
        .where("relation.type", "=", type)
        .orderBy("relation.depth", "desc")
        .orderBy("relation.position", "desc")
        .limit(limit);
      return (await session.all("event_relations.annotations", newest)).map(timelineEventOf);
    },
    async listThreaded(roomId, upTo, limit) {
      const beforePlace = upTo ? sql`AND (event.depth, event.position) <= (${upTo.depth}, ${upTo.position})` : sql``;
      const threaded = sql<ThreadedRow>`SELECT event.parent_id, event.depth, event.position,
          CASE WHEN EXISTS (SELECT 1 FROM event_relations later
            WHERE later.parent_id = event.parent_id AND later.room_id = event.room_id AND later.rel_type = 'm.thread'
              AND (later.depth, later.position) > (event.depth, event.position)) THEN 0 ELSE 1 END AS is_last
        FROM event_relations event
        WHERE event.room_id = ${roomId} AND event.rel_type = 'm.thread' ${beforePlace}
        ORDER BY event.depth DESC, event.position DESC LIMIT ${limit}`;
      const rows = await session.all("event_relations.threaded", { compile: () => threaded.compile(db) });
      return rows.map((row) => ({
        rootId: row.parent_id as EventId,
        place: { depth: row.depth, position: row.position },
        isLast: row.is_last === 1,
      }));
    },
  };
}

interface ThreadedRow {
  readonly parent_id: string;
  readonly depth: number;
  readonly position: number;
  readonly is_last: number;
}
