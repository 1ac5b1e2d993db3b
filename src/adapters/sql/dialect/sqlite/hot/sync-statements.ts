import { StorageInconsistencyError } from "../../../storage-inconsistency-error.ts";
import { type HeardRow, recentChangesText } from "../../device-list-statements.ts";
import type { InboxRow, SyncStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

// `+?`: SQLite would otherwise compile the statement anew on each call, to plan it for the very value (STAT4).
const ofDevice = "user_id = +? AND device_id = +?";

/** What a sync asks each time it begins to wait or is woken, and what a message to a device does. */
export function syncStatements(connection: SqliteConnection): SyncStatements {
  const position = connection.prepare<[], { position: number }>(
    "stream.position",
    "SELECT position FROM stream WHERE id = 1",
  );
  const pool = connection.prepare<[string, string], { algorithm: string; count: number }>(
    "one_time_keys.count",
    `SELECT algorithm, COUNT(*) AS count FROM one_time_keys
     WHERE ${ofDevice} GROUP BY algorithm`,
  );
  const unused = connection.prepare<[string, string], { algorithm: string }>(
    "fallback_keys.unused",
    `SELECT algorithm FROM fallback_keys WHERE ${ofDevice} AND used = 0 ORDER BY algorithm`,
  );
  const inbox = connection.prepare<[string, string, number, number], InboxRow>(
    "to_device.list",
    `SELECT position, sender, type, content FROM to_device_inbox
     WHERE ${ofDevice} AND position > +? ORDER BY position LIMIT ?`,
  );
  const waiting = connection.prepare<[string, string, number], { position: number }>(
    "to_device.has",
    "SELECT position FROM to_device_inbox WHERE user_id = ? AND device_id = ? AND position <= ? LIMIT 1",
  );
  const deliver = connection.prepare<[string, string, number, string, string, string], never>(
    "to_device.deliver",
    "INSERT INTO to_device_inbox (user_id, device_id, position, sender, type, content) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const accountData = connection.prepare<[string, number], { type: string; content: string }>(
    "account_data.changed",
    "SELECT type, content FROM account_data WHERE user_id = +? AND position > +? ORDER BY position",
  );
  const oneAccountData = connection.prepare<[string, string], { content: string }>(
    "account_data.find",
    "SELECT content FROM account_data WHERE user_id = ? AND type = ?",
  );
  // Named in a table of one row, for they stand at many places.
  const asked = (column: string) => `(SELECT ${column} FROM asked)`;
  const recentChanges = connection.prepare<[string, number], HeardRow>(
    "device_lists.changed",
    `WITH asked (user_id, since) AS (SELECT ?, ?) ${recentChangesText(asked("user_id"), asked("since"))}`,
  );
  return {
    async findStreamPosition() {
      const row = position.first();
      if (!row) throw new StorageInconsistencyError("stream", "id", "1", "the row is missing");
      return row.position;
    },
    async countPool({ userId, deviceId }) {
      return pool.all(userId, deviceId);
    },
    async listUnusedFallbackAlgorithms({ userId, deviceId }) {
      return unused.all(userId, deviceId).map((row) => row.algorithm);
    },
    async listInbox({ userId, deviceId }, after, limit) {
      return inbox.all(userId, deviceId, after, limit);
    },
    async hasInboxUpTo({ userId, deviceId }, upTo) {
      return waiting.first(userId, deviceId, upTo) !== undefined;
    },
    async deliver({ userId, deviceId }, { position: at, sender, type, content }) {
      deliver.run(userId, deviceId, at as number, sender, type, content);
    },
    async listAccountData(userId, since) {
      return accountData.all(userId, since);
    },
    async findAccountData(userId, type) {
      return oneAccountData.first(userId, type)?.content;
    },
    async listRecentChanges(userId, since) {
      return recentChanges.all(userId, since);
    },
  };
}
