import type { AudienceStore } from "../../../domain/device-lists/audience-store.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import { stillThere } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

export function sqlAudienceStore(session: SqlSession): AudienceStore {
  const { db } = session;

  return {
    async listAudience(userId) {
      const others = db.selectFrom("acquaintances").select("other_user_id").where("user_id", "=", userId);
      const known = await session.all("acquaintances.list", others);
      const stays = db
        .selectFrom("room_stays")
        .select("room_id")
        .where("left_at", "=", stillThere)
        .where("user_id", "=", userId);
      const rooms = await session.all("room_stays.rooms", stays);
      return [userId, ...known.map((row) => row.other_user_id as UserId), ...rooms.map((row) => row.room_id as RoomId)];
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
