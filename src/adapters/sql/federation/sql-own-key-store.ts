import type { OwnKeyStore } from "../../../domain/federation-out/own-key-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlOwnKeyStore(session: SqlSession): OwnKeyStore {
  const { db } = session;
  return {
    async listOwnKeys() {
      const keys = db.selectFrom("signing_keys").selectAll().orderBy("made_at").orderBy("key_id");
      return (await session.all("signing_keys.list", keys)).map((row) => ({
        keyId: row.key_id,
        publicKey: row.public_key,
        madeAt: row.made_at,
        expiredAt: row.expired_at ?? undefined,
      }));
    },
    async add({ keyId, publicKey, madeAt, expiredAt }) {
      const row = { key_id: keyId, public_key: publicKey, made_at: madeAt, expired_at: expiredAt ?? null };
      await session.run("signing_keys.add", db.insertInto("signing_keys").values(row));
    },
    async expire(keyId, expiredAt) {
      const expired = db.updateTable("signing_keys").set({ expired_at: expiredAt }).where("key_id", "=", keyId);
      await session.run("signing_keys.expire", expired);
    },
  };
}
