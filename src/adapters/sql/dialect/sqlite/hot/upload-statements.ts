import { StorageInconsistencyError } from "../../../storage-inconsistency-error.ts";
import type { PoolKeyRow, UploadStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

const keysOf = "user_id = ? AND device_id = ? AND algorithm = ?";

/** What an upload of one-time keys stands on. */
export function uploadStatements(connection: SqliteConnection): UploadStatements {
  const pool = connection.prepare<[string, string], PoolKeyRow>(
    "one_time_keys.pool",
    "SELECT key_id, digest, json FROM one_time_keys WHERE user_id = ? AND device_id = ?",
  );
  const remembered = connection.prepare<[string, string, string, Buffer], { digest: Buffer }>(
    "remembered_keys.find",
    `SELECT digest FROM remembered_keys WHERE ${keysOf} AND digest = ?`,
  );
  const reserveOrders = connection.prepare<[number], { last: number }>(
    "one_time_keys.reserve-orders",
    "UPDATE stream SET last_upload_order = last_upload_order + ? WHERE id = 1 RETURNING last_upload_order AS last",
  );
  const insert = connection.prepare<[string, string, string, number, string, Buffer, string], never>(
    "one_time_keys.insert",
    `INSERT INTO one_time_keys (user_id, device_id, algorithm, upload_order, key_id, digest, json)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const remember = connection.prepare<[string, string, string, Buffer, number], never>(
    "remembered_keys.insert",
    "INSERT INTO remembered_keys (user_id, device_id, algorithm, digest, upload_order) VALUES (?, ?, ?, ?, ?)",
  );
  const newestToForget = connection.prepare<[string, string, string, number], { upload_order: number }>(
    "remembered_keys.newest-to-forget",
    `SELECT upload_order FROM remembered_keys AS remembered WHERE ${keysOf} AND NOT EXISTS (
       SELECT 1 FROM one_time_keys AS pool WHERE pool.user_id = remembered.user_id
         AND pool.device_id = remembered.device_id AND pool.algorithm = remembered.algorithm
         AND pool.upload_order = remembered.upload_order)
     ORDER BY upload_order DESC LIMIT 1 OFFSET ?`,
  );
  const forget = connection.prepare<[string, string, string, number, string, string, string], never>(
    "remembered_keys.forget",
    `DELETE FROM remembered_keys WHERE ${keysOf} AND upload_order <= ?
       AND upload_order NOT IN (SELECT upload_order FROM one_time_keys WHERE ${keysOf})`,
  );
  return {
    async listPoolKeys({ userId, deviceId }, keyIds) {
      // A pool is small, and read once an upload: an index of its ids would cost every claim a second page.
      const wanted = new Set(keyIds);
      return pool.all(userId, deviceId).filter(({ key_id }) => wanted.has(key_id));
    },
    async listKnownDigests({ userId, deviceId }, keys) {
      return keys.flatMap((key) => remembered.first(userId, deviceId, key.algorithm, key.digest)?.digest ?? []);
    },
    async insertOneTimeKeys({ userId, deviceId }, keys) {
      const last = reserveOrders.first(keys.length)?.last;
      if (last === undefined) throw new StorageInconsistencyError("stream", "id", "1", "the row is missing");
      let order = last - keys.length;
      for (const { algorithm, digest, key_id, json } of keys) {
        order++;
        insert.run(userId, deviceId, algorithm, order, key_id, digest, json);
        remember.run(userId, deviceId, algorithm, digest, order);
      }
      return last;
    },
    async forgetIssued({ userId, deviceId }, algorithms, kept) {
      for (const algorithm of algorithms) {
        const newest = newestToForget.first(userId, deviceId, algorithm, kept)?.upload_order;
        if (newest !== undefined) forget.run(userId, deviceId, algorithm, newest, userId, deviceId, algorithm);
      }
    },
  };
}
