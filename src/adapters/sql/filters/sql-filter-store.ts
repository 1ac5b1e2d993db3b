import type { FilterStore } from "../../../domain/filters/filter-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlFilterStore(session: SqlSession): FilterStore {
  const { db } = session;
  return {
    async findDefinition(userId, filterId) {
      const row = db
        .selectFrom("filters")
        .select("definition")
        .where("user_id", "=", userId)
        .where("filter_id", "=", filterId);
      return (await session.first("filters.find", row))?.definition;
    },
    async countFilters(userId) {
      const filters = db
        .selectFrom("filters")
        .select((row) => row.fn.countAll<number>().as("count"))
        .where("user_id", "=", userId);
      return Number((await session.first("filters.count", filters))?.count ?? 0);
    },
    async put(userId, filterId, definition) {
      const row = { user_id: userId, filter_id: filterId, definition };
      const put = db.insertInto("filters").values(row);
      await session.run(
        "filters.put",
        put.onConflict((conflict) => conflict.doNothing()),
      );
    },
    async removeAll(userId) {
      await session.run("filters.remove-all", db.deleteFrom("filters").where("user_id", "=", userId));
    },
  };
}
