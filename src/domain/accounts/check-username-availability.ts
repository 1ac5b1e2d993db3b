import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { refuseExclusive } from "../appservices/refuse-exclusive.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { AccountStore } from "./account-store.ts";
import { newUserId, userInUse } from "./registration-policy.ts";

export interface CheckUsernameDeps {
  readonly snapshots: Snapshots<{ accounts: AccountStore }>;
  readonly serverName: ServerName;
  readonly appservices: Appservices;
}

/**
 * The id that a user of this name would have. The name is not reserved.
 * @throws MatrixError `M_INVALID_USERNAME`, `M_EXCLUSIVE`, `M_USER_IN_USE`
 */
export async function checkUsernameAvailability(deps: CheckUsernameDeps, username: string): Promise<UserId> {
  const userId = newUserId(username, deps.serverName);
  refuseExclusive(deps.appservices, userId);
  if (await deps.snapshots.read((stores) => stores.accounts.hasAccount(userId))) throw userInUse();
  return userId;
}
