import type { ClaimStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

interface FallbackKeyRow {
  readonly key_id: string;
  readonly json: string;
  readonly used: number;
}

const keysOf = "user_id = ? AND device_id = ? AND algorithm = ?";
// `+?`: SQLite would otherwise compile the statement anew on each call, to plan it for the very value (STAT4).
const keysToOrder = "user_id = +? AND device_id = +? AND algorithm = +?";

/** What a claim stands on. */
export function claimStatements(connection: SqliteConnection): ClaimStatements {
  const take = connection.prepare<[string, string, string, string, string, string], { key_id: string; json: string }>(
    "one_time_keys.take",
    `DELETE FROM one_time_keys WHERE ${keysOf} AND upload_order = (
       SELECT MIN(upload_order) FROM one_time_keys WHERE ${keysToOrder}) RETURNING key_id, json`,
  );
  const fallback = connection.prepare<[string, string, string], FallbackKeyRow>(
    "fallback_keys.find",
    `SELECT key_id, json, used FROM fallback_keys WHERE ${keysOf}`,
  );
  return {
    async takeOneTimeKey({ userId, deviceId }, algorithm) {
      return take.first(userId, deviceId, algorithm, userId, deviceId, algorithm);
    },
    async findFallbackKey({ userId, deviceId }, algorithm) {
      return fallback.first(userId, deviceId, algorithm);
    },
  };
}
