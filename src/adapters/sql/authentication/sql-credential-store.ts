import type { CredentialStore } from "../../../domain/authentication/credential-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlCredentialStore(session: SqlSession): CredentialStore {
  const { db } = session;
  return {
    async findPasswordHash(userId) {
      const account = db.selectFrom("accounts").select("password_hash").where("user_id", "=", userId);
      return (await session.first("accounts.password-hash", account))?.password_hash ?? undefined;
    },
    async putPasswordHash(userId, phc) {
      const account = db.updateTable("accounts").set({ password_hash: phc }).where("user_id", "=", userId);
      await session.run("accounts.put-password-hash", account);
    },
    async removePasswordHash(userId) {
      const account = db.updateTable("accounts").set({ password_hash: null }).where("user_id", "=", userId);
      await session.run("accounts.remove-password-hash", account);
    },
  };
}
