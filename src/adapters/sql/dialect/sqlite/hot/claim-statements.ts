import type { WantedKey } from "../../../../../domain/one-time-keys/one-time-key-store.ts";
import type { ClaimStatements, FallbackKeyRow, IssuedKeyRow } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

const keysOf = "user_id = ? AND device_id = ? AND algorithm = ?";
// `+?`: SQLite would otherwise compile the statement anew on each call, to plan it for the very value (STAT4).
const keysToOrder = "user_id = +? AND device_id = +? AND algorithm = +?";

/** What a claim stands on. */
export function claimStatements(connection: SqliteConnection): ClaimStatements {
  const take = connection.prepare<[string, string, string, string, string, string], IssuedKeyRow>(
    "one_time_keys.take",
    `DELETE FROM one_time_keys WHERE ${keysOf} AND upload_order = (
       SELECT MIN(upload_order) FROM one_time_keys WHERE ${keysToOrder}) RETURNING key_id, json`,
  );
  const fallback = connection.prepare<[string, string, string], FallbackKeyRow>(
    "fallback_keys.find",
    `SELECT key_id, json, used FROM fallback_keys WHERE ${keysOf}`,
  );
  const markUsed = connection.prepare<[string, string, string], never>(
    "fallback_keys.mark-used",
    `UPDATE fallback_keys SET used = 1 WHERE ${keysOf}`,
  );
  const use = ({ target: { userId, deviceId }, algorithm }: WantedKey) => {
    const key = fallback.first(userId, deviceId, algorithm);
    if (key?.used === 0) markUsed.run(userId, deviceId, algorithm);
    return key;
  };
  return {
    async takeOneTimeKeys(wanted) {
      return wanted.map(({ target: { userId, deviceId }, algorithm }) =>
        take.first(userId, deviceId, algorithm, userId, deviceId, algorithm),
      );
    },
    async findFallbackKey({ userId, deviceId }, algorithm) {
      return fallback.first(userId, deviceId, algorithm);
    },
    async useFallbackKeys(wanted) {
      return wanted.map(use);
    },
  };
}
