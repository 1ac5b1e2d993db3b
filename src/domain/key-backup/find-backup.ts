import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { Backup, KeyBackupStore } from "./key-backup-store.ts";

type BackupReading = Reading<KeyBackupStore>;

/** A version as clients write it; `undefined` when none is written so. */
export function parseVersion(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}

/** @throws MatrixError 404 `M_NOT_FOUND` */
export async function requireBackup(keyBackups: BackupReading, userId: UserId, version: string): Promise<Backup> {
  const number = parseVersion(version);
  const backup = number === undefined ? undefined : await keyBackups.findBackup(userId, number);
  if (!backup) throw unknownVersion();
  return backup;
}

/**
 * The backup into which keys may go: the one that was made last, of those that are left.
 * @throws MatrixError 404 `M_NOT_FOUND`, 403 `M_WRONG_ROOM_KEYS_VERSION` with `current_version`
 */
export async function requireNewest(keyBackups: BackupReading, userId: UserId, version: string): Promise<Backup> {
  const backup = await requireBackup(keyBackups, userId, version);
  const newest = await keyBackups.findNewest(userId);
  if (newest && newest.version !== backup.version) {
    throw new MatrixError("M_WRONG_ROOM_KEYS_VERSION", "Keys go into the backup that was made last", {
      fields: { current_version: String(newest.version) },
    });
  }
  return backup;
}

export function unknownVersion(): MatrixError {
  return new MatrixError("M_NOT_FOUND", "There is no key backup with this version");
}
