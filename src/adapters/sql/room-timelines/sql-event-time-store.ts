import type { EventTimeStore } from "../../../domain/room-timelines/event-time-store.ts";
import { eventColumnNames, timelineEventOf } from "../rooms/room-event-row.ts";
import type { SqlSession } from "../session.ts";

export function sqlEventTimeStore(session: SqlSession): EventTimeStore {
  const { db } = session;
  return {
    async listNearest(roomId, time, direction, limit) {
      const [comparison, order] = direction === "backward" ? (["<=", "desc"] as const) : ([">=", "asc"] as const);
      const nearest = db
        .selectFrom("events as event")
        .select(eventColumnNames)
        .where("event.room_id", "=", roomId)
        .where("event.origin_server_ts", comparison, time)
        .where("event.position", "is not", null)
        .orderBy("event.origin_server_ts", order)
        .orderBy("event.depth", order)
        .orderBy("event.position", order)
        .limit(limit);
      return (await session.all(`events.by-time-${direction}`, nearest)).map(timelineEventOf);
    },
  };
}
