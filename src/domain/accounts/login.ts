import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import {
  type CheckPasswordDeps,
  checkPassword,
  consumePassword,
  type PasswordStores,
  type VerifiedPassword,
} from "../authentication/check-password.ts";
import { nameOfAttempts } from "../authentication/throttle-logins.ts";
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

export interface LoginDeps extends CheckPasswordDeps, BeginSessionDeps, CountLoginDeps {
  readonly unitOfWork: UnitOfWork<PasswordStores & SessionStores>;
  readonly serverName: ServerName;
}

/** With this type an appservice logs its users in, and registers them. */
export const appserviceLoginType = "m.login.application_service";

/** https://spec.matrix.org/v1.19/client-server-api/#login */
export const loginTypes = ["m.login.password", appserviceLoginType] as const;

/**
 * Logs a user in with its password.
 *
 * @param given the members `type`, `identifier` (or `user`) and `password`
 * @throws MatrixError 403 `M_FORBIDDEN` for a wrong password, an unknown user and a deactivated one (whose password is
 * gone); 429 `M_LIMIT_EXCEEDED`; 400 `M_UNKNOWN` for another type, `M_MISSING_PARAM`, `M_BAD_JSON`, `M_INVALID_PARAM`
 */
export async function login(deps: LoginDeps, given: JsonObject, client: ClientDescription): Promise<BegunSession> {
  if (given["type"] !== "m.login.password") throw new MatrixError("M_UNKNOWN", "This type of log-in is not offered");
  const { password } = given;
  if (typeof password !== "string") throw new MatrixError("M_MISSING_PARAM", '"password" must be a string');
  const userId = userOfIdentifier(given, deps.serverName);
  return countLogin(deps, async () => {
    const verified = await checkPassword(deps, { userId, ip: client.ip, password });
    const session = verified && (await beginVerified(deps, verified, client));
    if (!session) throw new MatrixError("M_FORBIDDEN", "Wrong user name or password");
    return session;
  });
}

function beginVerified(
  deps: LoginDeps,
  verified: VerifiedPassword,
  client: ClientDescription,
): Promise<BegunSession | undefined> {
  const { source } = verified;
  return deps.unitOfWork.run({ exclusive: [source.userId, nameOfAttempts(source)] }, async (stores) => {
    if (!(await consumePassword(stores, verified))) return undefined;
    return beginSession(deps, stores, source.userId, client);
  });
}
