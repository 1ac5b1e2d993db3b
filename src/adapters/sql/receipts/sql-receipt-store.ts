import type { Selectable } from "kysely";
import type { Receipt, ReceiptStore, ReceiptType } from "../../../domain/receipts/receipt-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { Schema } from "../schema.ts";
import type { SqlSession } from "../session.ts";

/** Stands in the key for a receipt that belongs to no thread: no thread is called so. */
const noThread = "";

export function sqlReceiptStore(session: SqlSession): ReceiptStore {
  const { db } = session;
  return {
    async findReceipt(roomId, userId, type, threadId) {
      const find = db
        .selectFrom("receipts")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("user_id", "=", userId)
        .where("receipt_type", "=", type)
        .where("thread_id", "=", threadId ?? noThread);
      const row = await session.first("receipts.find", find);
      return row && receiptOf(row);
    },
    async listOwn(roomId, userId) {
      return (await session.hot.listOwnReceipts(roomId, userId)).map(receiptOf);
    },
    async listChanged(roomId, reader, since) {
      const changed = db
        .selectFrom("receipts")
        .selectAll()
        .where("room_id", "=", roomId)
        .where("position", ">", since)
        .where((row) => row.or([row("receipt_type", "!=", "m.read.private"), row("user_id", "=", reader)]))
        .orderBy("position");
      return (await session.all("receipts.changed", changed)).map(receiptOf);
    },
    async listPublicBetween(since, upTo, limit) {
      const changed = db
        .selectFrom("receipts")
        .selectAll()
        .where("position", ">", since)
        .where("position", "<=", upTo)
        .where("receipt_type", "!=", "m.read.private")
        .orderBy("position")
        .limit(limit);
      const rows = await session.all("receipts.between", changed);
      return rows.map((row) => ({ ...receiptOf(row), position: row.position }));
    },
    async put({ roomId, userId, type, threadId, eventId, eventPosition, receivedAt }) {
      session.stream.add((position) => {
        const read = { event_id: eventId, event_position: eventPosition, received_at: receivedAt, position };
        const put = db
          .insertInto("receipts")
          .values({ room_id: roomId, user_id: userId, receipt_type: type, thread_id: threadId ?? noThread, ...read })
          .onConflict((conflict) =>
            conflict.columns(["room_id", "user_id", "receipt_type", "thread_id"]).doUpdateSet(read),
          );
        return session.run("receipts.put", put);
      });
    },
  };
}

function receiptOf(row: Selectable<Schema["receipts"]>): Receipt {
  return {
    roomId: row.room_id as RoomId,
    userId: row.user_id as UserId,
    type: row.receipt_type as ReceiptType,
    threadId: row.thread_id === noThread ? undefined : row.thread_id,
    eventId: row.event_id as EventId,
    eventPosition: row.event_position,
    receivedAt: row.received_at,
  };
}
