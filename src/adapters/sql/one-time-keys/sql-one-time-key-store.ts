import type { OneTimeKeyStore } from "../../../domain/one-time-keys/one-time-key-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlOneTimeKeyStore(session: SqlSession): OneTimeKeyStore {
  const { db, hot } = session;
  return {
    async takeAll(wanted) {
      const rows = await hot.takeOneTimeKeys(wanted);
      return rows.map((row) => row && { keyId: row.key_id, json: row.json });
    },
    async countPool(owner) {
      return new Map((await hot.countPool(owner)).map(({ algorithm, count }) => [algorithm, count]));
    },
    async listPoolKeys(owner, keyIds) {
      const rows = await hot.listPoolKeys(owner, keyIds);
      return rows.map((row) => ({ keyId: row.key_id, digest: row.digest, json: row.json }));
    },
    async listKnownDigests(owner, keys) {
      return new Set((await hot.listKnownDigests(owner, keys)).map((digest) => digest.toString("hex")));
    },
    async add(owner, keys) {
      const rows = keys.map(({ algorithm, digest, keyId, json }) => ({ algorithm, digest, key_id: keyId, json }));
      return hot.insertOneTimeKeys(owner, rows);
    },
    async forgetIssued(owner, algorithms, kept) {
      await hot.forgetIssued(owner, algorithms, kept);
    },
    async removePool({ userId, deviceId }) {
      const pool = db.deleteFrom("one_time_keys").where("user_id", "=", userId).where("device_id", "=", deviceId);
      const dropped = await session.all("one_time_keys.remove-pool", pool.returning("digest"));
      if (dropped.length === 0) return;
      // These alone: what a claim has taken at the same time was issued, and stays remembered.
      const unissued = db
        .deleteFrom("remembered_keys")
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId)
        .where(
          "digest",
          "in",
          dropped.map((key) => key.digest),
        );
      await session.run("remembered_keys.remove-pool", unissued);
    },
    async removeAll({ userId, deviceId }) {
      for (const table of ["one_time_keys", "remembered_keys"] as const) {
        const all = db.deleteFrom(table).where("user_id", "=", userId).where("device_id", "=", deviceId);
        await session.run(`${table}.remove-all`, all);
      }
    },
    async retireAllPools() {
      return session.run("one_time_keys.retire-all", db.deleteFrom("one_time_keys"));
    },
  };
}
