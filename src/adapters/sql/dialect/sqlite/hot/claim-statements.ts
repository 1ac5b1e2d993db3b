import type { ClaimStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

interface FallbackKeyRow {
  readonly key_id: string;
  readonly json: string;
  readonly used: number;
}

/** What a claim stands on. */
export function claimStatements(connection: SqliteConnection): ClaimStatements {
  // SQLite's RETURNING shows the row after the update, when the key is already gone: hence two statements, which the
  // one writer runs with nothing in between.
  const next = connection.prepare<[string, string, string], { digest: Buffer; key_id: string; json: string }>(
    "one_time_keys.next",
    `SELECT digest, key_id, json FROM one_time_keys INDEXED BY one_time_key_pools
     WHERE user_id = ? AND device_id = ? AND issued = 0 AND algorithm = ? ORDER BY upload_order LIMIT 1`,
  );
  const take = connection.prepare<[string, string, string, Buffer], never>(
    "one_time_keys.take",
    `UPDATE one_time_keys SET issued = 1, json = NULL
     WHERE user_id = ? AND device_id = ? AND algorithm = ? AND digest = ?`,
  );
  const fallback = connection.prepare<[string, string, string], FallbackKeyRow>(
    "fallback_keys.find",
    "SELECT key_id, json, used FROM fallback_keys WHERE user_id = ? AND device_id = ? AND algorithm = ?",
  );
  return {
    async takeOneTimeKey({ userId, deviceId }, algorithm) {
      const key = next.first(userId, deviceId, algorithm);
      if (key) take.run(userId, deviceId, algorithm, key.digest);
      return key;
    },
    async findFallbackKey({ userId, deviceId }, algorithm) {
      return fallback.first(userId, deviceId, algorithm);
    },
  };
}
