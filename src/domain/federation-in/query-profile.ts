import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { type GetProfileDeps, getProfile } from "../profiles/get-profile.ts";
import type { ProfileField } from "../profiles/profile-store.ts";
import { requireLocalUser } from "./require-local-user.ts";

export interface QueryProfileDeps extends GetProfileDeps {
  readonly serverName: ServerName;
}

/**
 * What one of our users tells of itself, or one field of it; nothing when the user has not set it.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1queryprofile
 *
 * @param asked `field`: only that one
 * @throws MatrixError 400 `M_INVALID_PARAM`, 404 `M_NOT_FOUND` for an unknown user
 */
export async function queryProfile(
  deps: QueryProfileDeps,
  asked: { readonly userId: string; readonly field: string | undefined },
): Promise<ProfileField[]> {
  const profile = await getProfile(deps, requireLocalUser(asked.userId, deps.serverName, "user_id"));
  return asked.field === undefined ? profile : profile.filter(({ field }) => field === asked.field);
}
