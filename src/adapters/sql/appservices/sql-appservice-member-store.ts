import { type SqlBool, sql } from "kysely";
import type { AppserviceMemberStore, MemberOfRoom } from "../../../domain/appservices/appservice-member-store.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import { stillThere } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";
import { appserviceMemberReadings } from "./appservice-member-readings.ts";

export function sqlAppserviceMemberStore(session: SqlSession): AppserviceMemberStore {
  const { db } = session;
  const there = (appserviceId: string, { userId, roomId }: MemberOfRoom) =>
    db
      .selectFrom("appservice_room_members")
      .select("begun_at")
      .where("appservice_id", "=", appserviceId)
      .where("room_id", "=", roomId)
      .where("user_id", "=", userId)
      .where("ended_at", "=", stillThere);
  return {
    ...appserviceMemberReadings(session),
    async begin(appserviceId, { userId, roomId }) {
      session.stream.add((position) => {
        const row = { appservice_id: appserviceId, room_id: roomId, user_id: userId, ended_at: stillThere };
        const begin = db.insertInto("appservice_room_members").values({ ...row, begun_at: position });
        return session.run("appservice_room_members.begin", begin);
      });
    },
    async end(appserviceId, { userId, roomId }) {
      session.stream.add((position) => {
        const end = db
          .updateTable("appservice_room_members")
          .set({ ended_at: position })
          .where("appservice_id", "=", appserviceId)
          .where("room_id", "=", roomId)
          .where("user_id", "=", userId)
          .where("ended_at", "=", stillThere);
        return session.run("appservice_room_members.end", end);
      });
    },
    async listAll(after, limit) {
      const page = db
        .selectFrom("room_members")
        .select(["user_id", "room_id"])
        .where(sql<SqlBool>`(user_id, room_id) > (${after?.userId ?? ""}, ${after?.roomId ?? ""})`)
        .where("membership", "in", ["join", "invite"])
        .orderBy("user_id")
        .orderBy("room_id")
        .limit(limit);
      const rows = await session.all("room_members.all", page);
      return rows.map((row) => ({ userId: row.user_id as UserId, roomId: row.room_id as RoomId }));
    },
    async addAll(appserviceId, members) {
      for (const member of members) {
        if (await session.first("appservice_room_members.find", there(appserviceId, member))) continue;
        const since = db
          .selectFrom("room_members")
          .select("position")
          .where("user_id", "=", member.userId)
          .where("room_id", "=", member.roomId);
        const begun = (await session.first("room_members.since", since))?.position ?? 0;
        const row = { appservice_id: appserviceId, room_id: member.roomId, user_id: member.userId };
        const add = db.insertInto("appservice_room_members").values({ ...row, begun_at: begun, ended_at: stillThere });
        await session.run("appservice_room_members.add", add);
      }
    },
    async forgetEnded(appserviceId, position) {
      const ended = db
        .deleteFrom("appservice_room_members")
        .where("appservice_id", "=", appserviceId)
        .where("ended_at", "<=", position);
      await session.run("appservice_room_members.forget", ended);
    },
    async forgetAll(appserviceId) {
      const all = db.deleteFrom("appservice_room_members").where("appservice_id", "=", appserviceId);
      await session.run("appservice_room_members.forget-all", all);
    },
  };
}
