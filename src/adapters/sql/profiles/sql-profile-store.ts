import { sql } from "kysely";
import type { ProfileStore } from "../../../domain/profiles/profile-store.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlProfileStore(session: SqlSession): ProfileStore {
  return { ...fields(session), ...changes(session) };
}

type Changes = "noteChanges" | "listChanges" | "hasChange" | "removeChange";

function fields(session: SqlSession): Omit<ProfileStore, Changes> {
  const { db } = session;
  return {
    async listFields(userId) {
      const all = db.selectFrom("profiles").select(["field", "value"]).where("user_id", "=", userId).orderBy("field");
      return session.all("profiles.list", all);
    },
    async findField(userId, field) {
      const row = db.selectFrom("profiles").select("value").where("user_id", "=", userId).where("field", "=", field);
      return (await session.first("profiles.find", row))?.value;
    },
    async putField(userId, field, value) {
      const put = db
        .insertInto("profiles")
        .values({ user_id: userId, field, value })
        .onConflict((conflict) => conflict.columns(["user_id", "field"]).doUpdateSet({ value }));
      await session.run("profiles.put", put);
    },
    async removeField(userId, field) {
      const remove = db.deleteFrom("profiles").where("user_id", "=", userId).where("field", "=", field);
      await session.run("profiles.remove", remove);
    },
    async removeAll(userId) {
      await session.run("profiles.remove-all", db.deleteFrom("profiles").where("user_id", "=", userId));
      await session.run("profile_changes.remove-all", db.deleteFrom("profile_changes").where("user_id", "=", userId));
    },
  };
}

function changes(session: SqlSession): Pick<ProfileStore, Changes> {
  const { db } = session;
  return {
    async noteChanges(userId) {
      const rooms = db
        .selectFrom("room_members")
        .select(["user_id", "room_id"])
        .where("user_id", "=", userId)
        .where("membership", "=", "join");
      const note = db
        .insertInto("profile_changes")
        .columns(["user_id", "room_id"])
        .expression(rooms)
        .onConflict((conflict) => conflict.doNothing());
      await session.run("profile_changes.note", note);
    },
    async listChanges(userId, limit) {
      const all = db
        .selectFrom("profile_changes")
        .select([sql<UserId>`user_id`.as("userId"), sql<RoomId>`room_id`.as("roomId")])
        .orderBy("user_id")
        .orderBy("room_id")
        .limit(limit);
      if (userId === "everybody") return session.all("profile_changes.list", all);
      return session.all("profile_changes.list-of-user", all.where("user_id", "=", userId));
    },
    async hasChange({ userId, roomId }) {
      const row = db
        .selectFrom("profile_changes")
        .select("room_id")
        .where("user_id", "=", userId)
        .where("room_id", "=", roomId);
      return (await session.first("profile_changes.find", row)) !== undefined;
    },
    async removeChange({ userId, roomId }) {
      const remove = db.deleteFrom("profile_changes").where("user_id", "=", userId).where("room_id", "=", roomId);
      await session.run("profile_changes.remove", remove);
    },
  };
}
