import { sql } from "kysely";
import type { RelationStore, TimelineRange } from "../../../domain/room-timelines/relation-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import { annotationDigest } from "../rooms/annotation-digest.ts";
import { timelineEventOf } from "../rooms/room-event-row.ts";
import type { SqlSession } from "../session.ts";
import { listNearestRelated } from "./nearest-related.ts";
import { padded } from "./padded-list.ts";

type RelatedReadings = Pick<RelationStore, "listRelated" | "listRelatedIds" | "listRelating" | "hasAnnotation">;

/** Ids of what relates to one of several events. */
const mostOfOne = 100;

const wholeTimeline: TimelineRange = { direction: "backward", from: undefined, to: undefined };

/** The child events of others, by pages. */
export function relatedReadings(session: SqlSession): RelatedReadings {
  const { db, hot } = session;
  return {
    async listRelated(parents, only, range, limit) {
      const name = `event_relations.page-${range.direction}`;
      const nearest = await listNearestRelated(session, name, parents, only, range, { limit });
      const found = (await hot.listEvents(nearest)).map(timelineEventOf);
      const byId = new Map(found.map((event) => [event.eventId, event]));
      return nearest.flatMap((eventId) => byId.get(eventId) ?? []);
    },
    listRelatedIds(parents, only, limit) {
      const mostOfEach = parents.eventIds.length > 1 ? Math.min(limit, mostOfOne) : limit;
      const most = { limit, mostOfEach };
      return listNearestRelated(session, "event_relations.ids", parents, only, wholeTimeline, most);
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
