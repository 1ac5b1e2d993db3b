import { type DeactivateAccountDeps, deactivateAccount } from "../../../domain/accounts/deactivate-account.ts";
import { passwordFlows } from "../../../domain/authentication/user-interactive/interactive-attempt.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { flagOrNull, objectOrNull, objectWith, textOrNull } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const deactivateAccountEndpoint: Endpoint<DeactivateAccountDeps> = {
  operationId: "deactivateAccount",
  method: "POST",
  paths: clientPaths("/account/deactivate", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({}, { auth: objectOrNull, id_server: textOrNull, erase: flagOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountdeactivate",

  async handle(deps, call) {
    await deactivateAccount(deps, call.requester, interactiveAttempt(call, passwordFlows));
    // What the specification wants of a server that has no identifiers to unbind.
    return { id_server_unbind_result: "success" };
  },
};
