import type { SendingStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** What a message to devices asks before it is delivered. */
export function sendingStatements(connection: SqliteConnection): SendingStatements {
  const remember = connection.prepare<[string, string, string, string, number], never>(
    "to_device.remember",
    `INSERT INTO to_device_sent (user_id, device_id, event_type, txn_id, sent_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const deviceIds = connection.prepare<[string], { device_id: string }>(
    "devices.ids",
    "SELECT device_id FROM devices WHERE user_id = ?",
  );
  const acquainted = connection.prepare<[string, string], { position: number }>(
    "acquaintances.find",
    "SELECT position FROM acquaintances WHERE user_id = ? AND other_user_id = ?",
  );
  return {
    async rememberTransaction({ userId, deviceId }, eventType, transactionId, sentAt) {
      return remember.run(userId, deviceId, eventType, transactionId, sentAt) > 0;
    },
    async listDeviceIds(userId) {
      return deviceIds.all(userId).map((row) => row.device_id);
    },
    async areAcquainted(userId, other) {
      return acquainted.first(userId, other) !== undefined;
    },
  };
}
