import type { FederationStatements, ServerKeyRow } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** What a message from or to another server asks and writes on its way. */
export function federationStatements(connection: SqliteConnection): FederationStatements {
  const serverKey = connection.prepare<[string, string], ServerKeyRow>(
    "server_keys.find",
    `SELECT key_id, public_key, valid_until, expired_at, fetched_at FROM server_keys
     WHERE server_name = ? AND key_id = ?`,
  );
  const done = connection.prepare<[string, string], { done: number }>(
    "received_transactions.find",
    "SELECT done FROM received_transactions WHERE origin = ? AND transaction_id = ?",
  );
  const remember = connection.prepare<[string, string, number], never>(
    "received_messages.remember",
    "INSERT INTO received_messages (origin, message_id, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const queue = connection.prepare<[string, number, string, number], never>(
    "federation_messages.add",
    "INSERT INTO federation_messages (destination, position, edu, queued_at) VALUES (?, ?, ?, ?)",
  );
  const forget = connection.prepare<[number, number], never>(
    "federation_messages.forget",
    `DELETE FROM federation_messages WHERE rowid IN
       (SELECT rowid FROM federation_messages WHERE queued_at < ? ORDER BY queued_at LIMIT ?)`,
  );
  const forgetOldest = connection.prepare<[string, string, number], never>(
    "federation_messages.forget-oldest",
    `DELETE FROM federation_messages WHERE destination = ? AND position <=
       (SELECT position FROM federation_messages WHERE destination = ? ORDER BY position DESC LIMIT 1 OFFSET ?)`,
  );
  return {
    async findServerKey(server, keyId) {
      return serverKey.first(server, keyId);
    },
    async findDone(origin, transactionId) {
      return done.first(origin, transactionId)?.done;
    },
    async rememberMessage(origin, messageId, receivedAt) {
      return remember.run(origin, messageId, receivedAt) > 0;
    },
    async queueForServer({ destination, position, edu, queued_at }) {
      queue.run(destination, position as number, edu, queued_at);
    },
    async forgetServerMessages(before, limit) {
      return forget.run(before, limit);
    },
    async forgetOldestServerMessages(destination, kept) {
      return forgetOldest.run(destination, destination, kept);
    },
  };
}
