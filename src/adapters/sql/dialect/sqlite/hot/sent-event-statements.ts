import type { SentEventStatements } from "../../room-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** Which events devices have sent. */
export function sentEventStatements(connection: SqliteConnection): SentEventStatements {
  const find = connection.prepare<[string, string, string, string, string], { event_id: string }>(
    "sent_events.find",
    `SELECT event_id FROM sent_events
     WHERE user_id = ? AND device_id = ? AND txn_id = ? AND room_id = ? AND event_type = ?`,
  );
  const ofEvent = connection.prepare<[string, string, string], { event_id: string; txn_id: string }>(
    "sent_events.of-event",
    "SELECT event_id, txn_id FROM sent_events WHERE event_id = +? AND +user_id = ? AND +device_id = ?",
  );
  return {
    async findSent({ user_id, device_id, txn_id, room_id, event_type }) {
      return find.first(user_id, device_id, txn_id, room_id, event_type)?.event_id;
    },
    async listSent({ userId, deviceId }, eventIds) {
      return eventIds.flatMap((eventId) => ofEvent.all(eventId, userId, deviceId));
    },
  };
}
