import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { isValidNewLocalpart, makeUserId, type UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { shownText } from "../../protocol/shown-text.ts";
import type { Flow } from "../authentication/user-interactive/user-interactive-auth-required.ts";

/** Who may make an account with a client (config `registration`). */
export interface RegistrationPolicy {
  readonly mode: "closed" | "token" | "open";
  /** Without one, the mode `token` lets nobody in. */
  readonly token: string | undefined;
}

/**
 * What to pass before one gets an account.
 * @throws MatrixError 403 `M_FORBIDDEN` when nobody gets one
 */
export function registrationFlows({ mode, token }: RegistrationPolicy): readonly Flow[] {
  if (mode === "open") return [{ stages: ["m.login.dummy"] }];
  if (mode === "token" && token !== undefined) return [{ stages: ["m.login.registration_token"] }];
  throw new MatrixError("M_FORBIDDEN", "Registration is closed on this server");
}

/**
 * The id of a user that is to be made. https://spec.matrix.org/v1.19/appendices/#user-identifiers
 * @throws MatrixError `M_INVALID_USERNAME`
 */
export function newUserId(localpart: string, serverName: ServerName): UserId {
  if (isValidNewLocalpart(localpart)) return makeUserId(localpart, serverName);
  const allowed = "lower-case letters, digits and . _ = / + -";
  throw new MatrixError("M_INVALID_USERNAME", `"${shownText(localpart)}" cannot be a user name: use ${allowed}`);
}

export function userInUse(): MatrixError {
  return new MatrixError("M_USER_IN_USE", "This user name is taken");
}
