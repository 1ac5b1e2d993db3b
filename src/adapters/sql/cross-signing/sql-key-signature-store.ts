import type { KeySignatureStore, SignedKey } from "../../../domain/cross-signing/key-signature-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlKeySignatureStore(session: SqlSession): KeySignatureStore {
  const { db } = session;
  const signatures = db
    .selectFrom("key_signatures")
    .select([
      "target_user_id as userId",
      "target_key as key",
      "signer_user_id as signer",
      "signer_key_id as keyId",
      "signature",
    ])
    .$narrowType<{ userId: UserId; signer: UserId }>();
  return {
    async listSignatures({ userId, key }) {
      const on = signatures.where("target_user_id", "=", userId).where("target_key", "=", key);
      return session.all("key_signatures.on", on);
    },
    async listSignaturesBy(signer, targets) {
      if (targets.length === 0) return [];
      const made = await session.all("key_signatures.by", signatures.where("signer_user_id", "=", signer));
      const wanted = new Set<UserId>(targets);
      return made.filter(({ userId }) => wanted.has(userId));
    },
    async put({ userId, key }, { signer, keyId, signature }) {
      const row = { target_user_id: userId, target_key: key, signer_user_id: signer, signer_key_id: keyId, signature };
      const put = db
        .insertInto("key_signatures")
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(["target_user_id", "target_key", "signer_user_id", "signer_key_id"])
            .doUpdateSet({ signature }),
        );
      await session.run("key_signatures.put", put);
    },
    async removeOn({ userId, key }) {
      const on = db.deleteFrom("key_signatures").where("target_user_id", "=", userId).where("target_key", "=", key);
      await session.run("key_signatures.remove-on", on);
    },
    async removeMadeBy(signer, keyId) {
      const made = db
        .deleteFrom("key_signatures")
        .where("signer_user_id", "=", signer)
        .where("signer_key_id", "=", keyId);
      const returned = made.returning(["target_user_id as userId", "target_key as key"]);
      return session.all("key_signatures.remove-by", returned.$narrowType<SignedKey>());
    },
  };
}
