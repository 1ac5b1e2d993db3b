import { sql } from "kysely";
import type { RoomAccountDataStore } from "../../../domain/account-data/room-account-data-store.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlRoomAccountDataStore(session: SqlSession): RoomAccountDataStore {
  const { db } = session;
  return {
    async findContent(userId, roomId, type) {
      const find = db
        .selectFrom("room_account_data")
        .select("content")
        .where("user_id", "=", userId)
        .where("room_id", "=", roomId)
        .where("type", "=", type);
      return (await session.first("room_account_data.find", find))?.content;
    },
    async listChanged(userId, since) {
      const rows = await session.hot.listRoomAccountData(userId, since);
      return rows.map(({ room_id, type, content }) => ({ roomId: room_id as RoomId, type, content }));
    },
    async listOfRoom(userId, roomId) {
      const ofRoom = db
        .selectFrom("room_account_data")
        .select(["type", "content"])
        .where("user_id", "=", userId)
        .where("room_id", "=", roomId)
        .orderBy("type");
      return session.all("room_account_data.of-room", ofRoom);
    },
    async countTypes(userId) {
      const types = db
        .selectFrom("room_account_data")
        .select((row) => row.fn.countAll<number>().as("count"))
        .where("user_id", "=", userId);
      return Number((await session.first("room_account_data.count", types))?.count ?? 0);
    },
    async countBytesBeside(userId, roomId, type) {
      // Unlike LENGTH it reads no content.
      const bytes = db
        .selectFrom("room_account_data")
        .select(sql<number | null>`SUM(OCTET_LENGTH(content))`.as("bytes"))
        .where("user_id", "=", userId)
        .where((row) => row.or([row("room_id", "!=", roomId), row("type", "!=", type)]));
      return Number((await session.first("room_account_data.bytes", bytes))?.bytes ?? 0);
    },
    async put(userId, { roomId, type, content }) {
      session.stream.add((position) => {
        const put = db
          .insertInto("room_account_data")
          .values({ user_id: userId, room_id: roomId, type, content, position })
          .onConflict((conflict) =>
            conflict.columns(["user_id", "room_id", "type"]).doUpdateSet({ content, position }),
          );
        return session.run("room_account_data.put", put);
      });
    },
    async removeAll(userId) {
      const remove = db.deleteFrom("room_account_data").where("user_id", "=", userId);
      await session.run("room_account_data.remove-all", remove);
    },
  };
}
