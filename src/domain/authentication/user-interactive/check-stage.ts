import type { JsonObject } from "../../../protocol/json.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import { checkPassword, type VerifiedPassword } from "../check-password.ts";
import { sameSecret } from "../same-secret.ts";
import { userOfIdentifier } from "../user-of-identifier.ts";
import type { StageFailure } from "./challenge.ts";
import type { InteractiveAttempt, InteractiveAuthDeps } from "./interactive-attempt.ts";

/** How a stage ended. */
export type StageOutcome =
  | { readonly passed: true; readonly password?: VerifiedPassword }
  | { readonly passed: false; readonly failure: StageFailure };

/**
 * Tries one stage.
 * @throws MatrixError 429 `M_LIMIT_EXCEEDED` when passwords were tried too often, `M_MISSING_PARAM`, `M_BAD_JSON`
 */
export async function checkStage(
  deps: InteractiveAuthDeps,
  attempt: InteractiveAttempt,
  type: string,
  auth: JsonObject,
): Promise<StageOutcome> {
  switch (type) {
    case "m.login.password":
      return checkPasswordStage(deps, attempt, auth);
    case "m.login.registration_token":
      return checkTokenStage(attempt, auth);
    case "m.login.dummy":
      return { passed: true };
    default:
      return failed("M_UNRECOGNIZED", "This stage is not offered here");
  }
}

async function checkPasswordStage(
  deps: InteractiveAuthDeps,
  attempt: InteractiveAttempt,
  auth: JsonObject,
): Promise<StageOutcome> {
  const { password } = auth;
  if (typeof password !== "string") throw new MatrixError("M_MISSING_PARAM", '"auth.password" must be a string');
  const { userId } = attempt;
  // Somebody else's password, be it right, is not the caller's.
  if (userId === undefined || userOfIdentifier(auth, deps.serverName) !== userId) {
    return failed("M_FORBIDDEN", "The identifier is not that of the logged-in user");
  }
  const verified = await checkPassword(deps, { userId, password, ip: attempt.ip });
  return verified ? { passed: true, password: verified } : failed("M_FORBIDDEN", "Wrong password");
}

/** https://spec.matrix.org/v1.19/client-server-api/#token-authenticated-registration */
function checkTokenStage({ registrationToken }: InteractiveAttempt, { token }: JsonObject): StageOutcome {
  if (typeof token !== "string") throw new MatrixError("M_MISSING_PARAM", '"auth.token" must be a string');
  if (registrationToken !== undefined && sameSecret(token, registrationToken)) return { passed: true };
  return failed("M_UNAUTHORIZED", "The registration token is not valid");
}

function failed(errcode: StageFailure["errcode"], error: string): StageOutcome {
  return { passed: false, failure: { errcode, error } };
}
