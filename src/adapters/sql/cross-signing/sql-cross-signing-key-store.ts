import type { CrossSigningKeyStore } from "../../../domain/cross-signing/cross-signing-key-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../../protocol/keys/cross-signing-key.ts";
import type { SqlSession } from "../session.ts";

export function sqlCrossSigningKeyStore(session: SqlSession): CrossSigningKeyStore {
  const { db, hot } = session;
  return {
    async listKeys(userId) {
      const keys = db
        .selectFrom("cross_signing_keys")
        .select(["usage", "public_key", "json"])
        .where("user_id", "=", userId);
      const rows = await session.all("cross_signing_keys.of-user", keys);
      return rows.map((row) => ({
        usage: row.usage as CrossSigningUsage,
        publicKey: row.public_key,
        json: row.json,
      }));
    },
    async listRendered(userIds) {
      const rows = await hot.listCrossSigningKeys(userIds);
      return rows.map(({ user_id, name, rendered }) => ({
        userId: user_id as UserId,
        usage: name as CrossSigningUsage,
        rendered,
      }));
    },
    async put(userId, { usage, publicKey, json }, rendered) {
      const values = { public_key: publicKey, json, rendered };
      const put = db
        .insertInto("cross_signing_keys")
        .values({ user_id: userId, usage, ...values })
        .onConflict((conflict) => conflict.columns(["user_id", "usage"]).doUpdateSet(values));
      await session.run("cross_signing_keys.put", put);
    },
    async putRendered(userId, usage, rendered) {
      const put = db
        .updateTable("cross_signing_keys")
        .set({ rendered })
        .where("user_id", "=", userId)
        .where("usage", "=", usage);
      await session.run("cross_signing_keys.put-rendered", put);
    },
    async remove(userId, usage) {
      const row = db.deleteFrom("cross_signing_keys").where("user_id", "=", userId).where("usage", "=", usage);
      await session.run("cross_signing_keys.remove", row);
    },
  };
}
