import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { OutsideNamespaceError } from "../appservices/outside-namespace-error.ts";
import { requireAppservice } from "../appservices/require-appservice.ts";
import { requireRegisteredUser } from "../appservices/require-registered-user.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import { userOfIdentifier } from "../authentication/user-of-identifier.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import {
  type BeginSessionDeps,
  type BegunSession,
  beginSession,
  type ClientDescription,
  type SessionStores,
} from "./begin-session.ts";
import { type CountLoginDeps, countLogin } from "./count-login.ts";

export interface LoginAppserviceUserDeps extends BeginSessionDeps, CountLoginDeps {
  readonly unitOfWork: UnitOfWork<SessionStores & { accounts: ActiveAccounts }>;
  readonly serverName: ServerName;
  readonly appservices: Appservices;
}

/**
 * Logs a user of an appservice in, for which its token stands in place of a password.
 * https://spec.matrix.org/v1.19/client-server-api/#appservice-login
 *
 * @param accessToken the appservice's
 * @param given the member `identifier` (or `user`)
 * @throws MatrixError 401 `M_MISSING_TOKEN`, `M_UNKNOWN_TOKEN`; 403 `M_FORBIDDEN` for an unknown user and a deactivated
 * one; 400 `M_MISSING_PARAM`, `M_BAD_JSON`, `M_INVALID_PARAM`, `M_UNKNOWN`; OutsideNamespaceError
 */
export function loginAppserviceUser(
  deps: LoginAppserviceUserDeps,
  accessToken: string | undefined,
  given: JsonObject,
  client: ClientDescription,
): Promise<BegunSession> {
  return countLogin(deps, async () => {
    const appservice = requireAppservice(deps.appservices, accessToken);
    const userId = userOfIdentifier(given, deps.serverName);
    if (userId === undefined || !appservice.covers(userId)) throw new OutsideNamespaceError();
    return deps.unitOfWork.run({ exclusive: [userId] }, async (stores) => {
      await requireRegisteredUser(stores, userId);
      return beginSession(deps, stores, userId, client);
    });
  });
}
