import type { Requester } from "../kernel/requester.ts";
import { type ChangeBackupDeps, changeBackups } from "./change-backup.ts";
import { parseVersion, unknownVersion } from "./find-backup.ts";

/**
 * Deletes a backup with its keys. The newest of those that are left is the one that keys go into then. One that was
 * deleted before is deleted.
 * @throws MatrixError 404 `M_NOT_FOUND` for a version that was never given
 */
export async function deleteBackup(deps: ChangeBackupDeps, requester: Requester, version: string): Promise<void> {
  const { userId } = requester;
  const number = parseVersion(version);
  if (number === undefined) throw unknownVersion();
  await changeBackups(deps, requester, async ({ keyBackups }) => {
    if (await keyBackups.removeBackup(userId, number)) return;
    if (number > (await keyBackups.findLastVersion(userId))) throw unknownVersion();
  });
}
