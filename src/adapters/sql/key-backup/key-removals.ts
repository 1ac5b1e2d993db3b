import { sql } from "kysely";
import type { KeyBackupStore, KeySet } from "../../../domain/key-backup/key-backup-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

/** The methods that remove the rows of keys. */
export function keyRemovals(
  session: SqlSession,
): Pick<KeyBackupStore, "removeKey" | "removeKeysOfRoom" | "removeDeletedKeys"> {
  const { db } = session;
  const removing = ({ userId, setId }: KeySet) =>
    db.deleteFrom("backed_up_keys").where("user_id", "=", userId).where("set_id", "=", setId);
  const listing = ({ userId, setId }: KeySet) =>
    db
      .selectFrom("backed_up_keys")
      .select(["room_id", "session_id"])
      .where("user_id", "=", userId)
      .where("set_id", "=", setId)
      .orderBy("room_id")
      .orderBy("session_id");
  // Up to the last of them: given a list of them, PostgreSQL may compare each key with each.
  const removeFirst = async (
    name: string,
    { all, listed }: { all: ReturnType<typeof removing>; listed: ReturnType<typeof listing> },
    limit: number,
  ) => {
    const last = await session.first("backed_up_keys.last-to-remove", listed.offset(limit - 1).limit(1));
    const upTo = last && sql<boolean>`(room_id, session_id) <= (${last.room_id}, ${last.session_id})`;
    return session.run(name, upTo ? all.where(upTo) : all);
  };
  return {
    async removeKey(keys, { roomId, sessionId }) {
      const key = removing(keys).where("room_id", "=", roomId).where("session_id", "=", sessionId);
      return (await session.run("backed_up_keys.remove", key)) > 0;
    },
    async removeKeysOfRoom(keys, roomId, limit) {
      const all = removing(keys).where("room_id", "=", roomId);
      const listed = listing(keys).where("room_id", "=", roomId);
      return removeFirst("backed_up_keys.remove-of-room", { all, listed }, limit);
    },
    async removeDeletedKeys(limit) {
      const first = db.selectFrom("deleted_key_sets").selectAll().orderBy("user_id").orderBy("set_id").limit(1);
      const set = await session.first("deleted_key_sets.first", first);
      if (!set) return false;
      const keys = { userId: set.user_id as UserId, setId: set.set_id };
      const of = { all: removing(keys), listed: listing(keys) };
      const removed = await removeFirst("backed_up_keys.remove-deleted", of, limit);
      if (removed === limit) return true;
      const done = db
        .deleteFrom("deleted_key_sets")
        .where("user_id", "=", set.user_id)
        .where("set_id", "=", set.set_id);
      await session.run("deleted_key_sets.remove", done);
      return true;
    },
  };
}
