import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { ProfileField, ProfileStore } from "./profile-store.ts";

export interface GetProfileDeps {
  readonly snapshots: Snapshots<{ readonly accounts: ActiveAccounts; readonly profiles: ProfileStore }>;
}

/**
 * What a user of this server tells of itself, by name of the field.
 * @throws MatrixError `M_NOT_FOUND` for a user of another server, an unknown and a deactivated one
 */
export function getProfile(deps: GetProfileDeps, userId: UserId): Promise<ProfileField[]> {
  return deps.snapshots.read(async ({ accounts, profiles }) => {
    if (!(await accounts.hasActiveAccount(userId))) throw new MatrixError("M_NOT_FOUND", "There is no such user here");
    return profiles.listFields(userId);
  });
}

/**
 * One field of it.
 * @throws MatrixError `M_NOT_FOUND`, also when the user has not set it
 */
export async function getProfileField(deps: GetProfileDeps, userId: UserId, name: string): Promise<ProfileField> {
  const found = (await getProfile(deps, userId)).find(({ field }) => field === name);
  if (found === undefined) throw new MatrixError("M_NOT_FOUND", "The user has no such field in its profile");
  return found;
}
