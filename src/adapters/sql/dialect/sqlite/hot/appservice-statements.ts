import type { AppserviceStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** What is written for appservices. Units run one after another: one note for each device is enough. */
export function appserviceStatements(connection: SqliteConnection): AppserviceStatements {
  const queue = connection.prepare<[string, number, string, string, string, string, string, number], never>(
    "appservice_messages.add",
    `INSERT INTO appservice_messages (appservice_id, position, user_id, device_id, sender, type, content, queued_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const note = connection.prepare<[string, string, string, number], never>(
    "appservice_count_notes.add",
    `INSERT INTO appservice_count_notes (appservice_id, user_id, device_id, note, noted_at) VALUES (?, ?, ?, 0, ?)
     ON CONFLICT DO NOTHING`,
  );
  const remove = connection.prepare<[string, string, string], never>(
    "appservice_count_notes.remove",
    "DELETE FROM appservice_count_notes WHERE appservice_id = ? AND user_id = ? AND device_id = ?",
  );
  return {
    async queueForAppservice({ appservice_id, position, user_id, device_id, sender, type, content, queued_at }) {
      queue.run(appservice_id, position as number, user_id, device_id, sender, type, content, queued_at);
    },
    async noteCounts(appserviceId, owners, notedAt) {
      for (const { userId, deviceId } of owners) note.run(appserviceId, userId, deviceId, notedAt);
    },
    async removeCountNotes(appserviceId, owners) {
      for (const { userId, deviceId } of owners) remove.run(appserviceId, userId, deviceId);
    },
  };
}
