import type { FallbackKeyStore } from "../../../domain/one-time-keys/fallback-key-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlFallbackKeyStore(session: SqlSession): FallbackKeyStore {
  const { db, hot } = session;
  return {
    async findKey(owner, algorithm) {
      const row = await hot.findFallbackKey(owner, algorithm);
      return row && { keyId: row.key_id, json: row.json, used: row.used !== 0 };
    },
    async listUnusedAlgorithms(owner) {
      return hot.listUnusedFallbackAlgorithms(owner);
    },
    async put({ userId, deviceId }, { algorithm, keyId, digest, json }) {
      const stored = db
        .selectFrom("fallback_keys")
        .select(["key_id", "digest", "used"])
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId)
        .where("algorithm", "=", algorithm);
      const earlier = await session.first("fallback_keys.find-digest", stored);
      const same = earlier !== undefined && earlier.key_id === keyId && digest.equals(earlier.digest);
      const values = { key_id: keyId, digest, json, used: same ? earlier.used : 0 };
      const put = db
        .insertInto("fallback_keys")
        .values({ user_id: userId, device_id: deviceId, algorithm, ...values })
        .onConflict((conflict) => conflict.columns(["user_id", "device_id", "algorithm"]).doUpdateSet(values));
      await session.run("fallback_keys.put", put);
    },
    async useAll(wanted) {
      const rows = await hot.useFallbackKeys(wanted);
      return rows.map((row) => row && { keyId: row.key_id, json: row.json, firstUse: row.used === 0 });
    },
    async removeAll({ userId, deviceId }) {
      const all = db.deleteFrom("fallback_keys").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("fallback_keys.remove-all", all);
    },
    async markAllUsed() {
      await session.run("fallback_keys.mark-all-used", db.updateTable("fallback_keys").set({ used: 1 }));
    },
  };
}
