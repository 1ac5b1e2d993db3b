import { sql } from "kysely";
import type { EventStore, TimelinePlace } from "../../../domain/rooms/event-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import { everySender } from "../dialect/room-statements.ts";
import { padded } from "../room-timelines/padded-list.ts";
import type { SqlSession } from "../session.ts";
import { eventColumnNames, timelineEventOf } from "./room-event-row.ts";

const envelopesAtOnce = 128;

type EventReadings = Omit<EventStore, "append" | "findEvent" | "listEvents" | "redact">;

/** The methods that read timelines. What stands in none has no position. */
export function eventReadings(session: SqlSession): EventReadings {
  const { db, hot } = session;
  const events = db.selectFrom("events as event").select(eventColumnNames);
  // Of one page after another, as long as a filter leaves out what is read: each may be some ms of work.
  const giveWayBetween = session.givingWay();
  return {
    async findEnvelope(eventId) {
      const one = db.selectFrom("events").select("envelope").where("event_id", "=", eventId);
      return (await session.first("events.envelope", one))?.envelope;
    },
    async listEnvelopes(eventIds) {
      const found = new Map<EventId, string>();
      const giveWay = session.givingWay();
      for (let start = 0; start < eventIds.length; start += envelopesAtOnce) {
        await giveWay();
        const some = padded(eventIds.slice(start, start + envelopesAtOnce));
        const envelopes = db.selectFrom("events").select(["event_id", "envelope"]).where("event_id", "in", some);
        const rows = await session.all("events.envelopes", envelopes);
        for (const { event_id, envelope } of rows) found.set(event_id as EventId, envelope);
      }
      return found;
    },
    async hasThread(roomId, rootId) {
      const thread = db
        .selectFrom("threads")
        .select("events")
        .where("room_id", "=", roomId)
        .where("root_id", "=", rootId)
        .where("sender", "=", everySender);
      return (await session.first("threads.has", thread)) !== undefined;
    },
    async listNewest(roomId, { since, upTo }, limit) {
      return (await hot.listNewest(roomId, since, upTo, limit)).map(timelineEventOf);
    },
    async listPage(roomId, from, direction, limit) {
      await giveWayBetween();
      const order = direction === "backward" ? "desc" : "asc";
      const page = events
        .where("event.room_id", "=", roomId)
        .where("event.position", "is not", null)
        .where(direction === "backward" ? upToPlace(from) : behindPlace(from))
        .orderBy("event.depth", order)
        .orderBy("event.position", order)
        .limit(limit);
      return (await session.all(`events.page-${direction}`, page)).map(timelineEventOf);
    },
    async findPlaceAt(roomId, position) {
      const last = db
        .selectFrom("events")
        .select(["depth", "position"])
        .where("room_id", "=", roomId)
        .where("position", "<=", position)
        .orderBy("position", "desc")
        .limit(1);
      const row = await session.first("events.place-at", last);
      return { depth: row?.depth ?? 0, position: row?.position ?? 0 };
    },
    async listStateEvents(roomId, { since, upTo }, limit) {
      const ofState = events
        .where("event.room_id", "=", roomId)
        .where("event.state_key", "is not", null)
        .where("event.position", ">", since)
        .where("event.position", "<=", upTo)
        .orderBy("event.position", "desc")
        .limit(limit);
      return (await session.all("events.of-state", ofState)).map(timelineEventOf);
    },
    async listArrived(since, upTo, limit) {
      const arrived = events
        .where("event.position", ">", since)
        .where("event.position", "<=", upTo)
        .orderBy("event.position")
        .limit(limit);
      return (await session.all("events.arrived", arrived)).map(timelineEventOf);
    },
  };
}

function upToPlace({ depth, position }: TimelinePlace) {
  return sql<boolean>`(event.depth, event.position) <= (${depth}, ${position})`;
}

function behindPlace({ depth, position }: TimelinePlace) {
  return sql<boolean>`(event.depth, event.position) > (${depth}, ${position})`;
}
