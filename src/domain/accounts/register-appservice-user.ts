import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { OutsideNamespaceError } from "../appservices/outside-namespace-error.ts";
import { refuseExclusive } from "../appservices/refuse-exclusive.ts";
import { requireAppservice } from "../appservices/require-appservice.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AccountStore } from "./account-store.ts";
import {
  type BeginSessionDeps,
  type BegunSession,
  beginSession,
  type ClientDescription,
  type SessionStores,
} from "./begin-session.ts";
import { newUserId, userInUse } from "./registration-policy.ts";

export interface RegisterAppserviceUserDeps extends BeginSessionDeps {
  readonly unitOfWork: UnitOfWork<SessionStores & { accounts: AccountStore }>;
  readonly serverName: ServerName;
  readonly appservices: Appservices;
}

export interface AppserviceUserRegistration {
  readonly username: string | undefined;
  /** `undefined`: the account is all that is wanted. */
  readonly client: ClientDescription | undefined;
}

/**
 * Makes a user of an appservice: without a password or user-interactive authentication, whatever the registration mode.
 * https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions
 *
 * @param accessToken the appservice's
 * @returns the session, or the user alone where none is wanted or the appservice makes its devices itself (MSC4190)
 * @throws MatrixError 401 `M_MISSING_TOKEN`, `M_UNKNOWN_TOKEN`; 400 `M_MISSING_PARAM`, `M_INVALID_USERNAME`,
 * `M_USER_IN_USE`, `M_EXCLUSIVE` for a name that another appservice has for itself; OutsideNamespaceError
 */
export async function registerAppserviceUser(
  deps: RegisterAppserviceUserDeps,
  accessToken: string | undefined,
  { username, client }: AppserviceUserRegistration,
): Promise<BegunSession | { readonly userId: UserId }> {
  const appservice = requireAppservice(deps.appservices, accessToken);
  if (username === undefined) throw new MatrixError("M_MISSING_PARAM", '"username" is missing');
  const userId = newUserId(username, deps.serverName);
  if (!appservice.covers(userId)) throw new OutsideNamespaceError();
  refuseExclusive(deps.appservices, userId, appservice);
  const account = { userId, passwordHash: undefined, isAdmin: false, createdAt: deps.clock.now() };
  return deps.unitOfWork.run({ exclusive: [userId] }, async (stores) => {
    if (!(await stores.accounts.add(account))) throw userInUse();
    const wantsSession = client && !appservice.registration.managesDevices;
    return wantsSession ? beginSession(deps, stores, userId, client) : { userId };
  });
}
