import { sql } from "kysely";
import type { RelationStore } from "../../../domain/room-timelines/relation-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import { annotationDigest } from "../rooms/annotation-digest.ts";
import { eventColumnNames, timelineEventOf } from "../rooms/room-event-row.ts";
import type { SqlSession } from "../session.ts";
import { padded } from "./padded-list.ts";

type RelatedReadings = Pick<RelationStore, "listRelated" | "listRelatedIds" | "listRelating" | "hasAnnotation">;

/** The child events of others, by pages. */
export function relatedReadings(session: SqlSession): RelatedReadings {
  const { db } = session;
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
    async hasAnnotation({ roomId, eventId, sender, type, key }) {
      const same = db
        .selectFrom("event_relations")
        .select("event_id")
        .where("parent_id", "=", eventId)
        .where("room_id", "=", roomId)
        .where("rel_type", "=", sql.lit("m.annotation"))
        .where("sender", "=", sender)
        .where("type", "=", type)
        .where("key_digest", "=", annotationDigest(key))
        .limit(1);
      return (await session.first("event_relations.annotation", same)) !== undefined;
    },
  };
}
