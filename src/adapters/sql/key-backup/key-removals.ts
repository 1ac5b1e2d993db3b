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
  const firstOf = ({ userId, setId }: KeySet, limit: number) =>
    db
      .selectFrom("backed_up_keys")
      .select(["room_id", "session_id"])
      .where("user_id", "=", userId)
      .where("set_id", "=", setId)
      .orderBy("room_id")
      .orderBy("session_id")
      .limit(limit);
  const removeSome = (name: string, keys: KeySet, some: ReturnType<typeof firstOf>) =>
    session.run(name, removing(keys).where(sql<boolean>`(room_id, session_id) IN (${some})`));
  return {
    async removeKey(keys, { roomId, sessionId }) {
      const key = removing(keys).where("room_id", "=", roomId).where("session_id", "=", sessionId);
      return (await session.run("backed_up_keys.remove", key)) > 0;
    },
    async removeKeysOfRoom(keys, roomId, limit) {
      return removeSome("backed_up_keys.remove-of-room", keys, firstOf(keys, limit).where("room_id", "=", roomId));
    },
    async removeDeletedKeys(limit) {
      const first = db.selectFrom("deleted_key_sets").selectAll().orderBy("user_id").orderBy("set_id").limit(1);
      const set = await session.first("deleted_key_sets.first", first);
      if (!set) return false;
      const keys = { userId: set.user_id as UserId, setId: set.set_id };
      const removed = await removeSome("backed_up_keys.remove-deleted", keys, firstOf(keys, limit));
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
