import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { requireBackup } from "./find-backup.ts";
import type { Backup, KeyBackupStore } from "./key-backup-store.ts";

export interface GetBackupDeps {
  readonly snapshots: Snapshots<{ keyBackups: KeyBackupStore }>;
}

/** @throws MatrixError 404 `M_NOT_FOUND` */
export function getBackup({ snapshots }: GetBackupDeps, { userId }: Requester, version: string): Promise<Backup> {
  return snapshots.read(({ keyBackups }) => requireBackup(keyBackups, userId, version));
}

/**
 * The backup that was made last, of those that are not deleted.
 * @throws MatrixError 404 `M_NOT_FOUND`
 */
export async function getNewestBackup({ snapshots }: GetBackupDeps, { userId }: Requester): Promise<Backup> {
  const newest = await snapshots.ask(({ keyBackups }) => keyBackups.findNewest(userId));
  if (!newest) throw new MatrixError("M_NOT_FOUND", "There is no key backup");
  return newest;
}
