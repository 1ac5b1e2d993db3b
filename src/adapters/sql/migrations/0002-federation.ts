import type { Migration } from "./migration.ts";

export const federation: Migration = {
  name: "0002-federation",
  statements: ({ bytes, integer, text, clustered }) => [
    `CREATE TABLE signing_keys (key_id ${text} PRIMARY KEY, public_key ${text} NOT NULL, made_at ${integer} NOT NULL,
      expired_at ${integer})${clustered}`,
    `CREATE TABLE server_keys (server_name ${text} NOT NULL, key_id ${text} NOT NULL, public_key ${text} NOT NULL,
      valid_until ${integer} NOT NULL, expired_at ${integer}, fetched_at ${integer} NOT NULL,
      PRIMARY KEY (server_name, key_id))${clustered}`,
    // Not clustered: the rows are long.
    `CREATE TABLE server_key_objects (server_name ${text} PRIMARY KEY, json ${text} NOT NULL,
      valid_until ${integer} NOT NULL, fetched_at ${integer} NOT NULL)`,
    "CREATE INDEX server_key_objects_by_end ON server_key_objects (valid_until)",
    "CREATE INDEX server_key_objects_by_age ON server_key_objects (fetched_at)",
    `CREATE TABLE openid_tokens (digest ${bytes} PRIMARY KEY, user_id ${text} NOT NULL,
      expires_at ${integer} NOT NULL)${clustered}`,
    "CREATE INDEX openid_tokens_by_age ON openid_tokens (expires_at)",

    `CREATE TABLE listening_servers (user_id ${text} NOT NULL, server_name ${text} NOT NULL, heard_at ${integer} NOT NULL,
      PRIMARY KEY (user_id, server_name))${clustered}`,
    "CREATE INDEX listening_servers_by_age ON listening_servers (heard_at)",
    `CREATE TABLE told_device_lists (destination ${text} NOT NULL, user_id ${text} NOT NULL, stream_id ${integer} NOT NULL,
      PRIMARY KEY (destination, user_id))${clustered}`,

    `CREATE TABLE destinations (server_name ${text} PRIMARY KEY, attempts ${integer} NOT NULL,
      failing_since ${integer} NOT NULL, last_error ${text} NOT NULL, next_attempt_at ${integer} NOT NULL)${clustered}`,
    // Not clustered: the rows are long.
    `CREATE TABLE federation_messages (destination ${text} NOT NULL, position ${integer} NOT NULL, edu ${text} NOT NULL,
      queued_at ${integer} NOT NULL, PRIMARY KEY (destination, position))`,
    "CREATE INDEX federation_messages_by_age ON federation_messages (queued_at)",
    // The position belongs to the key: who notes a change waits for nobody who removes the one before.
    `CREATE TABLE federation_device_changes (destination ${text} NOT NULL, user_id ${text} NOT NULL,
      device_id ${text} NOT NULL, position ${integer} NOT NULL,
      PRIMARY KEY (destination, user_id, device_id, position))${clustered}`,
    "CREATE INDEX federation_device_changes_in_order ON federation_device_changes (destination, position)",
    `CREATE TABLE federation_transactions (destination ${text} PRIMARY KEY, transaction_id ${text} NOT NULL,
      body ${text} NOT NULL, made_at ${integer} NOT NULL)`,

    `CREATE TABLE received_transactions (origin ${text} NOT NULL, transaction_id ${text} NOT NULL, done ${integer} NOT NULL,
      received_at ${integer} NOT NULL, PRIMARY KEY (origin, transaction_id))${clustered}`,
    "CREATE INDEX received_transactions_by_age ON received_transactions (received_at)",
    `CREATE TABLE received_messages (origin ${text} NOT NULL, message_id ${text} NOT NULL, received_at ${integer} NOT NULL,
      PRIMARY KEY (origin, message_id))${clustered}`,
    "CREATE INDEX received_messages_by_age ON received_messages (received_at)",

    `CREATE TABLE remote_device_lists (user_id ${text} PRIMARY KEY, server_name ${text} NOT NULL, stream_id ${integer},
      is_fresh ${integer} NOT NULL, followed_until ${integer}, attempts ${integer} NOT NULL,
      next_resync_at ${integer}, used_at ${integer} NOT NULL)${clustered}`,
    "CREATE INDEX remote_device_lists_by_server ON remote_device_lists (server_name)",
    "CREATE INDEX remote_device_lists_by_use ON remote_device_lists (used_at)",
    "CREATE INDEX remote_device_lists_by_resync ON remote_device_lists (next_resync_at, server_name)",
    "CREATE INDEX remote_device_lists_failing ON remote_device_lists (server_name, next_resync_at) WHERE attempts > 0",
    // Not clustered: the rows are long.
    `CREATE TABLE remote_device_keys (user_id ${text} NOT NULL, device_id ${text} NOT NULL, ed25519 ${text},
      rendered ${text} NOT NULL, PRIMARY KEY (user_id, device_id))`,
    `CREATE TABLE remote_cross_signing_keys (user_id ${text} NOT NULL, usage ${text} NOT NULL, public_key ${text} NOT NULL,
      rendered ${text} NOT NULL, PRIMARY KEY (user_id, usage))${clustered}`,
  ],
};
