import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Requester } from "../kernel/requester.ts";
import { type ChangeProfileDeps, changeProfile } from "./change-profile.ts";
import { requireFieldName } from "./profile-field.ts";

/**
 * Removes a field; one that is not there is removed already.
 * @throws MatrixError as `requireFieldName`, `changeProfile`
 */
export async function deleteProfileField(
  deps: ChangeProfileDeps,
  requester: Requester,
  { userId, field }: { readonly userId: UserId; readonly field: string },
): Promise<void> {
  await changeProfile(deps, requester, { userId, field: requireFieldName(field), value: undefined });
}
