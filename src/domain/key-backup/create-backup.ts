import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Random } from "../kernel/random.ts";
import type { Requester } from "../kernel/requester.ts";
import { epochOf, type StreamStore } from "../kernel/stream-position.ts";
import { authDataText } from "./auth-data.ts";
import { type BackupStores, type ChangeBackupDeps, changeBackups, newEtag } from "./change-backup.ts";

type CreatingStores = BackupStores & { readonly stream: Pick<StreamStore, "findPosition"> };

export interface CreateBackupDeps extends ChangeBackupDeps<CreatingStores> {
  readonly random: Random;
}

/** Backups that a user has at a time: clients delete the old one when they make another. */
const mostBackups = 1000;

/** Numbers after a restore begin anew above all that were given before it: nobody has made as many backups. */
const versionsInEpoch = 1_000_000;

/**
 * Makes a backup without keys; from now on keys go into this one.
 * @returns its version: a number above all that the user's backups have had, deleted ones and those that a restore of
 *   the database has undone among them (rule E5), for clients encrypt for a version and not for what is in it
 * @throws MatrixError `M_INVALID_PARAM`, `M_BAD_JSON`, `M_TOO_LARGE`
 */
export async function createBackup(
  deps: CreateBackupDeps,
  requester: Requester,
  request: { readonly algorithm: string; readonly authData: JsonObject },
): Promise<string> {
  const { userId } = requester;
  const algorithm = requireOpaqueText(request.algorithm, "algorithm");
  const authData = authDataText(request.authData);
  return changeBackups(deps, requester, async ({ keyBackups, stream }) => {
    if ((await keyBackups.countBackups(userId)) >= mostBackups) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostBackups} key backups: delete some of them`);
    }
    const restores = epochOf(await stream.findPosition());
    const version = Math.max(await keyBackups.findLastVersion(userId), restores * versionsInEpoch) + 1;
    await keyBackups.addBackup(userId, { version, algorithm, authData, etag: newEtag(deps.random) });
    return String(version);
  });
}
