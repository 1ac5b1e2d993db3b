import type { ToDeviceStore, WaitingMessage } from "../../../domain/to-device/to-device-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlToDeviceStore(session: SqlSession): ToDeviceStore {
  const { db, hot } = session;
  const inboxOf = (userId: string, deviceId: string) =>
    db.deleteFrom("to_device_inbox").where("user_id", "=", userId).where("device_id", "=", deviceId);
  return {
    async deliver(recipient, { sender, type, content }) {
      session.stream.add((position) => hot.deliver(recipient, { position, sender, type, content }));
    },
    async listAfter(owner, position, limit) {
      return (await hot.listInbox(owner, position, limit)) as WaitingMessage[];
    },
    async hasUpTo(owner, position) {
      return hot.hasInboxUpTo(owner, position);
    },
    async removeUpTo({ userId, deviceId }, position) {
      await session.run("to_device.acknowledge", inboxOf(userId, deviceId).where("position", "<=", position));
    },
    async removeAll({ userId, deviceId }) {
      await session.run("to_device.remove-all", inboxOf(userId, deviceId));
    },
    async rememberTransaction(sender, eventType, transactionId, now) {
      return hot.rememberTransaction(sender, eventType, transactionId, now);
    },
    async forgetTransactionsBefore(time) {
      await session.run("to_device.forget", db.deleteFrom("to_device_sent").where("sent_at", "<", time));
    },
    async removeTransactions({ userId, deviceId }) {
      const sent = db.deleteFrom("to_device_sent").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("to_device.remove-transactions", sent);
    },
  };
}
