import type { RelationStore } from "../../../domain/room-timelines/relation-store.ts";

import { type EventId, isEventId } from "../../../protocol/identifiers/event-id.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { SqlSession } from "../session.ts";
import { aggregateReadings } from "./aggregate-readings.ts";
import { padded } from "./padded-list.ts";
import { relatedByReadings } from "./related-by-readings.ts";
import { relatedReadings } from "./related-readings.ts";
import { threadReadings } from "./thread-readings.ts";

export function sqlRelationStore(session: SqlSession): RelationStore {
  const { db, hot } = session;
  return {
    ...aggregateReadings(session),
    ...relatedReadings(session),
    ...threadReadings(session),
    ...relatedByReadings(session),
    async listParents({ roomId, eventIds }) {
      return eventIds.length === 0 ? [] : ((await hot.listParents(roomId, eventIds)) as EventId[]);
    },
    async listRedacted(redactionIds) {
      if (redactionIds.length === 0) return new Map();
      const envelopes = db
        .selectFrom("events")
        .select(["event_id", "envelope"])
        .where("event_id", "in", padded(redactionIds));
      const rows = await session.all("events.redacted", envelopes);
      return new Map(
        rows.flatMap((row) => {
          const target = (JSON.parse(row.envelope) as JsonObject)["redacts"];
          return isEventId(target) ? [[row.event_id as EventId, target] as const] : [];
        }),
      );
    },
  };
}
