import type { AccountStore } from "../../../domain/accounts/account-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlAccountStore(session: SqlSession): AccountStore {
  const { db } = session;
  return {
    async hasAccount(userId) {
      const account = db.selectFrom("accounts").select("user_id").where("user_id", "=", userId);
      return (await session.first("accounts.has", account)) !== undefined;
    },
    async hasActiveAccount(userId) {
      const account = db
        .selectFrom("accounts")
        .select("user_id")
        .where("user_id", "=", userId)
        .where("deactivated_at", "is", null);
      return (await session.first("accounts.has_active", account)) !== undefined;
    },
    async add({ userId, passwordHash, isAdmin, createdAt }) {
      const row = {
        user_id: userId,
        password_hash: passwordHash ?? null,
        is_admin: isAdmin ? 1 : 0,
        created_at: createdAt,
        deactivated_at: null,
      };
      const add = db.insertInto("accounts").values(row);
      return (
        (await session.run(
          "accounts.add",
          add.onConflict((conflict) => conflict.doNothing()),
        )) === 1
      );
    },
    async deactivate(userId, now) {
      const account = db.updateTable("accounts").set({ deactivated_at: now }).where("user_id", "=", userId);
      await session.run("accounts.deactivate", account);
    },
  };
}
