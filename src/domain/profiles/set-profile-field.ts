import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Requester } from "../kernel/requester.ts";
import { type ChangeProfileDeps, changeProfile } from "./change-profile.ts";
import { parseFieldValue, requireFieldName } from "./profile-field.ts";

/** @throws MatrixError as `requireFieldName`, `parseFieldValue`, `changeProfile` */
export async function setProfileField(
  deps: ChangeProfileDeps,
  requester: Requester,
  { userId, field, body }: { readonly userId: UserId; readonly field: string; readonly body: JsonObject },
): Promise<void> {
  const value = parseFieldValue(requireFieldName(field), body);
  await changeProfile(deps, requester, { userId, field, value });
}
