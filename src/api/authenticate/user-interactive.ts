import type { InteractiveAttempt } from "../../domain/authentication/user-interactive/interactive-attempt.ts";
import type { Flow } from "../../domain/authentication/user-interactive/user-interactive-auth-required.ts";
import type { Requester } from "../../domain/kernel/requester.ts";
import { isJsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Call } from "../endpoint.ts";

/**
 * The request as user-interactive authentication sees it.
 * @throws MatrixError `M_BAD_JSON` where the contract has no body schema and the body is no object
 */
export function interactiveAttempt(call: Call<Requester | undefined>, flows: readonly Flow[]): InteractiveAttempt {
  const { method, path, body, ip, requester } = call;
  if (!isJsonObject(body)) throw new MatrixError("M_BAD_JSON", "The body must be an object");
  const who = requester && { userId: requester.userId, byAppservice: requester.appserviceId !== undefined };
  return { method, path, body, ip, flows, ...who };
}
