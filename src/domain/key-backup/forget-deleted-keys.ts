import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { KeyBackupStore } from "./key-backup-store.ts";

/** Keys that one unit removes. */
const portion = 500;

/** Removes what is left of deleted backups: nobody can reach those keys any more. */
export async function forgetDeletedKeys({
  unitOfWork,
}: {
  readonly unitOfWork: UnitOfWork<{ keyBackups: KeyBackupStore }>;
}): Promise<void> {
  for (let more = true; more; ) {
    more = await unitOfWork.run({}, ({ keyBackups }) => keyBackups.removeDeletedKeys(portion));
  }
}
