import { type Selectable, sql } from "kysely";
import type { BackedUpKey, Backup, KeyBackupStore, KeySet } from "../../../domain/key-backup/key-backup-store.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { BackedUpKeyRow, KeyRankRow } from "../dialect/hot-statements.ts";
import type { Schema } from "../schema.ts";
import type { SqlSession } from "../session.ts";
import { backupWrites } from "./backup-writes.ts";
import { keyRemovals } from "./key-removals.ts";

const keyColumns = [
  ...(["room_id", "session_id", "first_message_index", "forwarded_count", "is_verified", "session_data"] as const),
];

export function sqlKeyBackupStore(session: SqlSession): KeyBackupStore {
  const { db, hot } = session;
  const backupsOf = (userId: UserId) => db.selectFrom("key_backups").where("user_id", "=", userId);
  const keysOf = ({ userId, setId }: KeySet) =>
    db.selectFrom("backed_up_keys").select(keyColumns).where("user_id", "=", userId).where("set_id", "=", setId);
  return {
    ...backupWrites(session),
    ...keyRemovals(session),
    async findLastVersion(userId) {
      const numbers = db.selectFrom("key_backup_numbers").select("last_version").where("user_id", "=", userId);
      return (await session.first("key_backups.last-version", numbers))?.last_version ?? 0;
    },
    async findBackup(userId, version) {
      const one = backupsOf(userId).selectAll().where("version", "=", version);
      return backupOf(await session.first("key_backups.find", one));
    },
    async findNewest(userId) {
      const newest = backupsOf(userId).selectAll().orderBy("version", "desc").limit(1);
      return backupOf(await session.first("key_backups.newest", newest));
    },
    async countBackups(userId) {
      const all = backupsOf(userId).select((row) => row.fn.countAll<number>().as("count"));
      return Number((await session.first("key_backups.count", all))?.count ?? 0);
    },
    async countKeys(userId) {
      const all = backupsOf(userId).select(sql<number | null>`SUM(key_count)`.as("count"));
      return Number((await session.first("key_backups.count-keys", all))?.count ?? 0);
    },
    async listRanks(keys, sessions) {
      return (await hot.listKeyRanks(keys, sessions)).map((row) => row && rankOf(row));
    },
    async putKeys(keys, added, upload) {
      await hot.putBackedUpKeys(keys, added.map(rowOf), upload);
    },
    async findKey(keys, { roomId, sessionId }) {
      const one = keysOf(keys).where("room_id", "=", roomId).where("session_id", "=", sessionId);
      const row = await session.first("backed_up_keys.find", one);
      return row && keyOf(row);
    },
    async listKeys(keys, after, limit) {
      const all = keysOf(keys).orderBy("room_id").orderBy("session_id").limit(limit);
      if (!after) return (await session.all("backed_up_keys.first", all)).map(keyOf);
      const page = all.where(sql<boolean>`(room_id, session_id) > (${after.roomId}, ${after.sessionId})`);
      return (await session.all("backed_up_keys.page", page)).map(keyOf);
    },
    async listKeysOfRoom(keys, roomId, after, limit) {
      const page = keysOf(keys)
        .where("room_id", "=", roomId)
        .where("session_id", ">", after ?? "")
        .orderBy("session_id")
        .limit(limit);
      return (await session.all("backed_up_keys.page-of-room", page)).map(keyOf);
    },
  };
}

function backupOf(row: Selectable<Schema["key_backups"]> | undefined): Backup | undefined {
  return (
    row && {
      version: row.version,
      algorithm: row.algorithm,
      authData: row.auth_data,
      keys: { userId: row.user_id as UserId, setId: row.set_id },
      count: row.key_count,
      etag: row.etag,
    }
  );
}

function rankOf(row: KeyRankRow) {
  return {
    isVerified: row.is_verified === 1,
    firstMessageIndex: row.first_message_index,
    forwardedCount: row.forwarded_count,
  };
}

function keyOf(row: BackedUpKeyRow): BackedUpKey {
  const { room_id: roomId, session_id: sessionId, session_data: sessionData } = row;
  return { roomId: roomId as RoomId, sessionId, sessionData, ...rankOf(row) };
}

function rowOf(key: BackedUpKey): BackedUpKeyRow {
  return {
    room_id: key.roomId,
    session_id: key.sessionId,
    first_message_index: key.firstMessageIndex,
    forwarded_count: key.forwardedCount,
    is_verified: key.isVerified ? 1 : 0,
    session_data: key.sessionData,
  };
}
