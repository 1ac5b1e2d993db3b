import type { StayStore } from "../../../domain/rooms/stay-store.ts";
import { stillThere } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

export function sqlStayStore(session: SqlSession): StayStore {
  const { db } = session;
  return {
    async findLastStay(userId, roomId, before = Number.MAX_SAFE_INTEGER) {
      const last = db
        .selectFrom("room_stays")
        .select(["joined_at", "left_at"])
        .where("user_id", "=", userId)
        .where("room_id", "=", roomId)
        .where("joined_at", "<", before)
        .orderBy("joined_at", "desc")
        .limit(1);
      const row = await session.first("room_stays.last", last);
      return row && { joinedAt: row.joined_at, leftAt: row.left_at === stillThere ? undefined : row.left_at };
    },
  };
}
