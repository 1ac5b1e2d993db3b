import { sql } from "kysely";
import type { AccountDataStore } from "../../../domain/account-data/account-data-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlAccountDataStore(session: SqlSession): AccountDataStore {
  const { db } = session;
  return {
    async findContent(userId, type) {
      return session.hot.findAccountData(userId, type);
    },
    async listChanged(userId, since) {
      return session.hot.listAccountData(userId, since);
    },
    async countTypes(userId) {
      const types = db
        .selectFrom("account_data")
        .select((row) => row.fn.countAll<number>().as("count"))
        .where("user_id", "=", userId);
      return Number((await session.first("account_data.count", types))?.count ?? 0);
    },
    async countBytesBeside(userId, type) {
      // Unlike LENGTH it reads no content.
      const bytes = db
        .selectFrom("account_data")
        .select(sql<number | null>`SUM(OCTET_LENGTH(content))`.as("bytes"))
        .where("user_id", "=", userId)
        .where("type", "!=", type);
      return Number((await session.first("account_data.bytes", bytes))?.bytes ?? 0);
    },
    async put(userId, { type, content }) {
      session.stream.add((position) => {
        const put = db
          .insertInto("account_data")
          .values({ user_id: userId, type, content, position })
          .onConflict((conflict) => conflict.columns(["user_id", "type"]).doUpdateSet({ content, position }));
        return session.run("account_data.put", put);
      });
    },
    async removeAll(userId) {
      await session.run("account_data.remove-all", db.deleteFrom("account_data").where("user_id", "=", userId));
    },
  };
}
