import { sql } from "kysely";
import type { SentEventStore, SentTransaction } from "../../../domain/rooms/sent-event-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { SentEventRow } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

const key = ["user_id", "device_id", "txn_id", "room_id", "event_type"] as const;

export function sqlSentEventStore(session: SqlSession): SentEventStore {
  const { db, hot } = session;
  return {
    async findSent(transaction) {
      return (await hot.findSent(rowOf(transaction))) as EventId | undefined;
    },
    async listTransactionIds(sender, eventIds) {
      const sent = await hot.listSent(sender, eventIds);
      return new Map(sent.map((row) => [row.event_id as EventId, row.txn_id]));
    },
    async remember(transaction, eventId, sentAt) {
      await hot.rememberSent(rowOf(transaction), eventId, sentAt);
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

function rowOf({ userId, deviceId, transactionId, roomId, eventType }: SentTransaction): SentEventRow {
  return { user_id: userId, device_id: deviceId, txn_id: transactionId, room_id: roomId, event_type: eventType };
}
