import type { TypingStore } from "../../../domain/typing/typing-store.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlTypingStore(session: SqlSession): TypingStore {
  const { db } = session;

  function noteChange(roomId: RoomId): void {
    session.stream.add((position) =>
      session.run(
        "typing_changes.put",
        db
          .insertInto("typing_changes")
          .values({ room_id: roomId, position })
          .onConflict((conflict) => conflict.column("room_id").doUpdateSet({ position })),
      ),
    );
  }

  return {
    async findTyping(roomId, userId) {
      const find = db
        .selectFrom("typing")
        .select("ends_at")
        .where("room_id", "=", roomId)
        .where("user_id", "=", userId);
      const row = await session.first("typing.find", find);
      return row && { roomId, userId, endsAt: row.ends_at };
    },
    async listTyping(roomId) {
      return (await session.hot.listTyping(roomId)) as UserId[];
    },
    async listChangedRooms(roomIds, since) {
      if (roomIds.length === 0) return [];
      const changed = db
        .selectFrom("typing_changes")
        .select("room_id")
        .where("position", ">", since)
        .where("room_id", "in", roomIds);
      return (await session.all("typing_changes.of-rooms", changed)).map((row) => row.room_id as RoomId);
    },
    async listChangedBetween(since, upTo) {
      const changed = db
        .selectFrom("typing_changes")
        .select("room_id")
        .where("position", ">", since)
        .where("position", "<=", upTo)
        .orderBy("position");
      return (await session.all("typing_changes.between", changed)).map((row) => row.room_id as RoomId);
    },
    async listEnded(now, limit) {
      const ended = db
        .selectFrom("typing")
        .select(["room_id", "user_id", "ends_at"])
        .where("ends_at", "<=", now)
        .orderBy("ends_at")
        .limit(limit);
      const rows = await session.all("typing.ended", ended);
      return rows.map((row) => ({
        roomId: row.room_id as RoomId,
        userId: row.user_id as UserId,
        endsAt: row.ends_at,
      }));
    },
    async findFirstEnd() {
      const first = db.selectFrom("typing").select("ends_at").orderBy("ends_at").limit(1);
      return (await session.first("typing.first-end", first))?.ends_at;
    },
    async put({ roomId, userId, endsAt }, isNew) {
      const put = db
        .insertInto("typing")
        .values({ room_id: roomId, user_id: userId, ends_at: endsAt })
        .onConflict((conflict) => conflict.columns(["room_id", "user_id"]).doUpdateSet({ ends_at: endsAt }));
      await session.run("typing.put", put);
      if (isNew) noteChange(roomId);
    },
    async remove(roomId, userId) {
      const remove = db.deleteFrom("typing").where("room_id", "=", roomId).where("user_id", "=", userId);
      if ((await session.run("typing.remove", remove)) > 0) noteChange(roomId);
    },
  };
}
