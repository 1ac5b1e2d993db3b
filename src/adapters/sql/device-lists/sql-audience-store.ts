import type { AudienceStore } from "../../../domain/device-lists/audience-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlAudienceStore(session: SqlSession): AudienceStore {
  const { db } = session;

  return {
    async listAudience(userId) {
      const others = db.selectFrom("acquaintances").select("other_user_id").where("user_id", "=", userId);
      const rows = await session.all("acquaintances.list", others);
      return [userId, ...rows.map((row) => row.other_user_id as UserId)];
    },
    async listAcquaintances(userIds) {
      if (userIds.length === 0) return [];
      const pairs = db.selectFrom("acquaintances").select(["user_id", "other_user_id"]).where("user_id", "in", userIds);
      const rows = await session.all("acquaintances.list-several", pairs);
      return rows.map((row) => [row.user_id as UserId, row.other_user_id as UserId]);
    },
    async introduce(userId, other) {
      if (userId === other) return false;
      if (await session.hot.areAcquainted(userId, other)) return false;
      session.stream.add((position) => {
        const pairs = [
          { user_id: userId, other_user_id: other, position },
          { user_id: other, other_user_id: userId, position },
        ];
        const add = db.insertInto("acquaintances").values(pairs);
        return session.run(
          "acquaintances.add",
          add.onConflict((conflict) => conflict.doNothing()),
        );
      });
      return true;
    },
  };
}
