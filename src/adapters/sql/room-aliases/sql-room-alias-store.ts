import type { RoomAliasStore } from "../../../domain/room-aliases/room-alias-store.ts";
import type { RoomAlias } from "../../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlRoomAliasStore(session: SqlSession): RoomAliasStore {
  const { db } = session;
  return {
    async findAlias(alias) {
      const one = db.selectFrom("room_aliases").select(["room_id", "creator"]).where("alias", "=", alias);
      const row = await session.first("room_aliases.find", one);
      return row && { alias, roomId: row.room_id as RoomId, creator: row.creator as UserId };
    },
    async listAliases(roomId) {
      const ofRoom = db.selectFrom("room_aliases").select("alias").where("room_id", "=", roomId).orderBy("alias");
      return (await session.all("room_aliases.list", ofRoom)).map(({ alias }) => alias as RoomAlias);
    },
    async countAliases(roomId) {
      const aliases = db
        .selectFrom("room_aliases")
        .select((row) => row.fn.countAll<number>().as("count"))
        .where("room_id", "=", roomId);
      return Number((await session.first("room_aliases.count", aliases))?.count ?? 0);
    },
    async add({ alias, roomId, creator }, createdAt) {
      const row = { alias, room_id: roomId, creator, created_at: createdAt };
      await session.run("room_aliases.add", db.insertInto("room_aliases").values(row));
    },
    async remove(alias) {
      await session.run("room_aliases.remove", db.deleteFrom("room_aliases").where("alias", "=", alias));
    },
  };
}
