import { requireRegisteredUser } from "../appservices/require-registered-user.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Random } from "../kernel/random.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { Backup, KeyBackupStore } from "./key-backup-store.ts";

export interface BackupStores {
  readonly keyBackups: KeyBackupStore;
  readonly knownDevices: Reading<KnownDevices>;
  readonly accounts: Reading<ActiveAccounts>;
}

export interface ChangeBackupDeps<Stores extends BackupStores = BackupStores> {
  readonly unitOfWork: UnitOfWork<Stores>;
}

/** How the keys of a backup stand: clients notice by the etag that another client has changed them. */
export type KeyState = Pick<Backup, "count" | "etag">;

/**
 * Runs `work` in a unit in which nobody else changes the requester's backups, and the requester may change them still.
 * @throws MatrixError as `requireRequestingDevice` and `requireRegisteredUser`, or what `work` throws
 */
export function changeBackups<Stores extends BackupStores, T>(
  { unitOfWork }: ChangeBackupDeps<Stores>,
  requester: Requester,
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  return unitOfWork.run({ exclusive: [requester.userId] }, async (stores) => {
    await requireRequestingDevice(stores, requester);
    if (requester.appserviceId !== undefined) await requireRegisteredUser(stores, requester.userId);
    return work(stores);
  });
}

/** Random: a counter would come to the same values again after a restore from a backup (rule E5), with other keys. */
export function newEtag(random: Random): string {
  return random.bytes(12).toString("base64url");
}
