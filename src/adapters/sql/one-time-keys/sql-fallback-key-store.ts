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
      const values = { key_id: keyId, digest, json };
      const put = db
        .insertInto("fallback_keys")
        .values({ user_id: userId, device_id: deviceId, algorithm, ...values, used: 0 })
        .onConflict((conflict) =>
          conflict.columns(["user_id", "device_id", "algorithm"]).doUpdateSet((stored) => ({
            ...values,
            // In the same statement: a claim may be marking the key as used.
            used: stored
              .case()
              .when(
                stored.and([stored("fallback_keys.key_id", "=", keyId), stored("fallback_keys.digest", "=", digest)]),
              )
              .then(stored.ref("fallback_keys.used"))
              .else(0)
              .end(),
          })),
        );
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
