import type { DepartureStore } from "../../../domain/room-memberships/departure-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlDepartureStore(session: SqlSession): DepartureStore {
  const { db } = session;
  return {
    async add(userId) {
      const add = db.insertInto("departures").values({ user_id: userId });
      await session.run(
        "departures.add",
        add.onConflict((conflict) => conflict.doNothing()),
      );
    },
    async listDepartures(limit) {
      const first = db.selectFrom("departures").select("user_id").orderBy("user_id").limit(limit);
      return (await session.all("departures.list", first)).map(({ user_id }) => user_id as UserId);
    },
    async remove(userId) {
      await session.run("departures.remove", db.deleteFrom("departures").where("user_id", "=", userId));
    },
  };
}
