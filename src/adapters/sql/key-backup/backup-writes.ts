import { sql } from "kysely";
import type { KeyBackupStore } from "../../../domain/key-backup/key-backup-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

/** The methods that change backups. */
export function backupWrites(
  session: SqlSession,
): Pick<KeyBackupStore, "addBackup" | "putAuthData" | "putState" | "removeBackup" | "removeAllKeys" | "removeAll"> {
  const { db } = session;
  const change = (userId: UserId, version: number) =>
    db.updateTable("key_backups").where("user_id", "=", userId).where("version", "=", version);
  const lastSetOf = (userId: UserId) =>
    db.selectFrom("key_backup_numbers").select("last_set_id").where("user_id", "=", userId);
  const setsOf = (userId: UserId) =>
    db.selectFrom("key_backups").select(["user_id", "set_id"]).where("user_id", "=", userId);
  const deleteSets = (sets: ReturnType<typeof setsOf>) =>
    session.run(
      "deleted_key_sets.add",
      db.insertInto("deleted_key_sets").columns(["user_id", "set_id"]).expression(sets),
    );
  return {
    async addBackup(userId, { version, algorithm, authData, etag }) {
      const numbers = db
        .insertInto("key_backup_numbers")
        .values({ user_id: userId, last_version: version, last_set_id: 1 })
        .onConflict((conflict) =>
          conflict.column("user_id").doUpdateSet({
            last_version: version,
            last_set_id: sql`key_backup_numbers.last_set_id + 1`,
          }),
        );
      await session.run("key_backup_numbers.next", numbers);
      const backup = { user_id: userId, version, algorithm, auth_data: authData, key_count: 0, etag };
      const added = db.insertInto("key_backups").values({ ...backup, set_id: lastSetOf(userId) });
      await session.run("key_backups.add", added);
    },
    async putAuthData(userId, version, authData) {
      await session.run("key_backups.put-auth-data", change(userId, version).set({ auth_data: authData }));
    },
    async putState(userId, version, { count, etag }) {
      await session.run("key_backups.put-state", change(userId, version).set({ key_count: count, etag }));
    },
    async removeBackup(userId, version) {
      await deleteSets(setsOf(userId).where("version", "=", version));
      const backup = db.deleteFrom("key_backups").where("user_id", "=", userId).where("version", "=", version);
      return (await session.run("key_backups.remove", backup)) > 0;
    },
    async removeAllKeys(userId, version) {
      await deleteSets(setsOf(userId).where("version", "=", version));
      const next = db
        .updateTable("key_backup_numbers")
        .set({ last_set_id: sql`last_set_id + 1` })
        .where("user_id", "=", userId);
      await session.run("key_backup_numbers.next-set", next);
      const emptied = change(userId, version).set({ set_id: lastSetOf(userId), key_count: 0 });
      await session.run("key_backups.empty", emptied);
    },
    async removeAll(userId) {
      await deleteSets(setsOf(userId));
      await session.run("key_backups.remove-all", db.deleteFrom("key_backups").where("user_id", "=", userId));
      const numbers = db.deleteFrom("key_backup_numbers").where("user_id", "=", userId);
      await session.run("key_backup_numbers.remove", numbers);
    },
  };
}
