import { StorageInconsistencyError } from "../../../storage-inconsistency-error.ts";
import type { PoolKeyRow, UploadStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

const rowOf = "user_id = ? AND device_id = ? AND algorithm = ? AND digest = ?";

/** What an upload of one-time keys stands on. */
export function uploadStatements(connection: SqliteConnection): UploadStatements {
  const poolIds = connection.prepare<[string, string], { algorithm: string; key_id: string; digest: Buffer }>(
    "one_time_keys.pool-ids",
    `SELECT algorithm, key_id, digest FROM one_time_keys INDEXED BY one_time_key_pools
     WHERE user_id = ? AND device_id = ? AND issued = 0`,
  );
  const poolKey = connection.prepare<[string, string, string, Buffer], PoolKeyRow>(
    "one_time_keys.find-in-pool",
    `SELECT key_id, digest, json FROM one_time_keys WHERE ${rowOf} AND issued = 0`,
  );
  const known = connection.prepare<[string, string, string, Buffer], { digest: Buffer }>(
    "one_time_keys.has-digest",
    `SELECT digest FROM one_time_keys WHERE ${rowOf}`,
  );
  const reserveOrders = connection.prepare<[number], { last: number }>(
    "one_time_keys.reserve-orders",
    "UPDATE stream SET last_upload_order = last_upload_order + ? WHERE id = 1 RETURNING last_upload_order AS last",
  );
  const insert = connection.prepare<[string, string, string, Buffer, number, string, string], never>(
    "one_time_keys.insert",
    `INSERT INTO one_time_keys (user_id, device_id, algorithm, digest, issued, upload_order, key_id, json)
     VALUES (?, ?, ?, ?, 0, ?, ?, ?)`,
  );
  const newestForgotten = connection.prepare<[string, string, string, number], { upload_order: number }>(
    "one_time_keys.newest-forgotten",
    `SELECT upload_order FROM one_time_keys WHERE user_id = ? AND device_id = ? AND algorithm = ? AND issued = 1
     ORDER BY upload_order DESC LIMIT 1 OFFSET ?`,
  );
  const prune = connection.prepare<[string, string, string, number], never>(
    "one_time_keys.prune-tombstones",
    `DELETE FROM one_time_keys
     WHERE user_id = ? AND device_id = ? AND algorithm = ? AND issued = 1 AND upload_order <= ?`,
  );
  return {
    async listPoolKeys({ userId, deviceId }, keyIds) {
      const wanted = new Set(keyIds);
      const found = poolIds.all(userId, deviceId).filter(({ key_id }) => wanted.has(key_id));
      return found.flatMap(({ algorithm, digest }) => poolKey.first(userId, deviceId, algorithm, digest) ?? []);
    },
    async listKnownDigests({ userId, deviceId }, keys) {
      return keys.flatMap((key) => known.first(userId, deviceId, key.algorithm, key.digest)?.digest ?? []);
    },
    async insertOneTimeKeys({ userId, deviceId }, keys) {
      const last = reserveOrders.first(keys.length)?.last;
      if (last === undefined) throw new StorageInconsistencyError("stream", "id", "1", "the row is missing");
      let order = last - keys.length;
      for (const { algorithm, digest, key_id, json } of keys) {
        insert.run(userId, deviceId, algorithm, digest, ++order, key_id, json);
      }
      return last;
    },
    async pruneTombstones({ userId, deviceId }, algorithms, kept) {
      for (const algorithm of algorithms) {
        const newest = newestForgotten.first(userId, deviceId, algorithm, kept);
        if (newest) prune.run(userId, deviceId, algorithm, newest.upload_order);
      }
    },
  };
}
