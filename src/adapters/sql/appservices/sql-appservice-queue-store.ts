import type { SelectQueryBuilder } from "kysely";
import type { AppserviceQueueStore } from "../../../domain/appservices/appservice-queue-store.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { Schema } from "../schema.ts";
import type { SqlSession } from "../session.ts";

export function sqlAppserviceQueueStore(session: SqlSession): AppserviceQueueStore {
  const { db, hot } = session;
  const messagesOf = (appserviceId: string) =>
    db.selectFrom("appservice_messages").where("appservice_id", "=", appserviceId);
  const notesOf = (appserviceId: string) =>
    db.selectFrom("appservice_count_notes").where("appservice_id", "=", appserviceId);
  const count = async (name: string, rows: SelectQueryBuilder<Schema, keyof Schema, { appservice_id: string }>) => {
    const counted = db.selectFrom(rows.as("waiting")).select((row) => row.fn.countAll<number>().as("count"));
    return (await session.first(name, counted))?.count ?? 0;
  };
  return {
    async addMessage(appserviceId, { recipient, sender, type, content }, queuedAt) {
      const row = { appservice_id: appserviceId, user_id: recipient.userId, device_id: recipient.deviceId };
      session.stream.add((position) =>
        hot.queueForAppservice({ ...row, position, sender, type, content, queued_at: queuedAt }),
      );
    },
    async listMessages(appserviceId, limit) {
      const first = messagesOf(appserviceId)
        .select(["position", "user_id", "device_id", "sender", "type", "content"])
        .orderBy("position")
        .limit(limit);
      return (await session.all("appservice_messages.list", first)).map((row) => ({
        position: row.position,
        recipient: ownerOf(row),
        sender: row.sender as UserId,
        type: row.type,
        content: row.content,
      }));
    },
    async removeMessagesUpTo(appserviceId, position) {
      const told = db
        .deleteFrom("appservice_messages")
        .where("appservice_id", "=", appserviceId)
        .where("position", "<=", position);
      await session.run("appservice_messages.remove", told);
    },
    async removeMessagesTo({ userId, deviceId }) {
      const waiting = db
        .deleteFrom("appservice_messages")
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId);
      await session.run("appservice_messages.remove-device", waiting);
    },
    async noteCounts(appserviceId, owners, notedAt) {
      if (owners.length > 0) await hot.noteCounts(appserviceId, owners, notedAt);
    },
    async takeNotedCounts(appserviceId, limit) {
      const oldest = notesOf(appserviceId).select(["user_id", "device_id"]).orderBy("noted_at").limit(limit);
      const rows = await session.all("appservice_count_notes.list", oldest);
      // No id has this character (it cannot be stored).
      const owners = new Map(rows.map((row) => [`${row.user_id}\0${row.device_id}`, ownerOf(row)]));
      if (rows.length > 0) await hot.removeCountNotes(appserviceId, [...owners.values()]);
      return [...owners.values()];
    },
    async countWaiting(appserviceId, most) {
      const messages = messagesOf(appserviceId).select("appservice_id").limit(most);
      const notes = notesOf(appserviceId).select("appservice_id").limit(most);
      return Math.min(
        (await count("appservice_messages.count", messages)) + (await count("appservice_count_notes.count", notes)),
        most,
      );
    },
    async findOldest(appserviceId) {
      const message = messagesOf(appserviceId).select("queued_at as at").orderBy("position").limit(1);
      const note = notesOf(appserviceId).select("noted_at as at").orderBy("noted_at").limit(1);
      const first = await session.first("appservice_messages.oldest", message);
      const second = await session.first("appservice_count_notes.oldest", note);
      return first && second ? Math.min(first.at, second.at) : (first ?? second)?.at;
    },
  };
}

function ownerOf(row: { readonly user_id: string; readonly device_id: string }) {
  return { userId: row.user_id as UserId, deviceId: row.device_id as DeviceId };
}
