import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { refuseExclusive } from "../appservices/refuse-exclusive.ts";
import type { PasswordHasher } from "../authentication/password-hasher.ts";
import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AccountStore } from "./account-store.ts";
import { requirePassword } from "./password.ts";
import { newUserId, userInUse } from "./registration-policy.ts";

export interface RegisterAccountDeps {
  readonly unitOfWork: UnitOfWork<{ accounts: AccountStore }>;
  readonly passwordHasher: PasswordHasher;
  readonly clock: Clock;
  readonly serverName: ServerName;
  readonly appservices: Appservices;
}

export interface NewLogin {
  readonly localpart: string;
  readonly password: string;
  readonly admin: boolean;
}

/**
 * Makes an account for the operator (`claviger register`), whatever the registration mode.
 * @throws MatrixError `M_INVALID_USERNAME`, `M_EXCLUSIVE`, `M_USER_IN_USE`, `M_WEAK_PASSWORD`, `M_TOO_LARGE`, `M_BAD_JSON`
 */
export async function registerAccount(deps: RegisterAccountDeps, login: NewLogin): Promise<{ userId: UserId }> {
  const userId = newUserId(login.localpart, deps.serverName);
  refuseExclusive(deps.appservices, userId);
  const passwordHash = await deps.passwordHasher.hash(requirePassword(login.password, "password"));
  const account = { userId, passwordHash, isAdmin: login.admin, createdAt: deps.clock.now() };
  const added = await deps.unitOfWork.run({ exclusive: [userId] }, (stores) => stores.accounts.add(account));
  if (!added) throw userInUse();
  return { userId };
}
