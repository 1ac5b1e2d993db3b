import { sql } from "kysely";
import type { SentEventStore } from "../../../domain/rooms/sent-event-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { SqlSession } from "../session.ts";
import { sentEventRow } from "./room-event-row.ts";

const key = ["user_id", "device_id", "txn_id", "room_id", "event_type"] as const;

export function sqlSentEventStore(session: SqlSession): SentEventStore {
  const { db, hot } = session;
  return {
    async findSent(transaction) {
      return (await hot.findSent(sentEventRow(transaction))) as EventId | undefined;
    },
    async listTransactionIds(sender, eventIds) {
      const sent = await hot.listSent(sender, eventIds);
      return new Map(sent.map((row) => [row.event_id as EventId, row.txn_id]));
    },
    async removeAll({ userId, deviceId }) {
      const sent = db.deleteFrom("sent_events").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("sent_events.remove-all", sent);
    },
    async forgetBefore(time, limit) {
      const oldest = db
        .selectFrom("sent_events")
        .select(key)
        .where("sent_at", "<", time)
        .orderBy("sent_at")
        .limit(limit);
      const forgotten = db
        .deleteFrom("sent_events")
        .where(sql<boolean>`(user_id, device_id, txn_id, room_id, event_type) IN (${oldest})`);
      return session.run("sent_events.forget", forgotten);
    },
  };
}
