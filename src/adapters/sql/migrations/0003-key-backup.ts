import type { Migration } from "./migration.ts";

export const keyBackup: Migration = {
  name: "0003-key-backup",
  statements: ({ integer, text, clustered }) => [
    `CREATE TABLE key_backup_numbers (user_id ${text} PRIMARY KEY, last_version ${integer} NOT NULL,
      last_set_id ${integer} NOT NULL)${clustered}`,
    // Neither is clustered: the rows are long.
    `CREATE TABLE key_backups (user_id ${text} NOT NULL, version ${integer} NOT NULL, algorithm ${text} NOT NULL,
      auth_data ${text} NOT NULL, set_id ${integer} NOT NULL, key_count ${integer} NOT NULL, etag ${text} NOT NULL,
      PRIMARY KEY (user_id, version))`,
    `CREATE TABLE backed_up_keys (user_id ${text} NOT NULL, set_id ${integer} NOT NULL, room_id ${text} NOT NULL,
      session_id ${text} NOT NULL, first_message_index ${integer} NOT NULL, forwarded_count ${integer} NOT NULL,
      is_verified ${integer} NOT NULL, session_data ${text} NOT NULL, device_id ${text}, uploaded_at ${integer} NOT NULL,
      PRIMARY KEY (user_id, set_id, room_id, session_id))`,
    `CREATE TABLE deleted_key_sets (user_id ${text} NOT NULL, set_id ${integer} NOT NULL,
      PRIMARY KEY (user_id, set_id))${clustered}`,
  ],
};
