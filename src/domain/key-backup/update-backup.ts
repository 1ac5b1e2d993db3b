import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import { authDataText } from "./auth-data.ts";
import { type ChangeBackupDeps, changeBackups } from "./change-backup.ts";
import { requireBackup } from "./find-backup.ts";

export interface UpdateBackupRequest {
  readonly version: string;
  /** The version as the body says it, where it does. */
  readonly repeatedVersion: string | undefined;
  readonly algorithm: string;
  readonly authData: JsonObject;
}

/**
 * Replaces the `auth_data` of a backup: nothing else of it changes.
 * @throws MatrixError 404 `M_NOT_FOUND`, `M_INVALID_PARAM` for another algorithm or version, `M_BAD_JSON`, `M_TOO_LARGE`
 */
export async function updateBackup(
  deps: ChangeBackupDeps,
  requester: Requester,
  { version, repeatedVersion, algorithm, authData }: UpdateBackupRequest,
): Promise<void> {
  if (repeatedVersion !== undefined && repeatedVersion !== version) {
    throw new MatrixError("M_INVALID_PARAM", "The version in the body is another one than in the path");
  }
  const text = authDataText(authData);
  await changeBackups(deps, requester, async ({ keyBackups }) => {
    const backup = await requireBackup(keyBackups, requester.userId, version);
    if (backup.algorithm !== algorithm) {
      throw new MatrixError("M_INVALID_PARAM", "The algorithm of a key backup does not change");
    }
    await keyBackups.putAuthData(requester.userId, backup.version, text);
  });
}
