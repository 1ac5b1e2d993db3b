import { type RegisterDeps, register } from "../../../domain/accounts/register.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { flagOrNull, objectOrNull, objectWith, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { optionalParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { clientMembers, clientOfCall } from "./client-of-call.ts";
import { sessionAnswer } from "./session-answer.ts";

export const registerEndpoint: Endpoint<RegisterDeps> = {
  operationId: "register",
  method: "POST",
  paths: clientPaths("/register", "r0"),
  caller: "anyone",
  rateLimit: "register",
  body: objectWith(
    {},
    {
      auth: objectOrNull,
      username: textOrNull,
      password: textOrNull,
      inhibit_login: flagOrNull,
      ...clientMembers,
    },
  ),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3register",

  async handle(deps, call) {
    const { body, query } = call;
    const client = clientOfCall(call);
    const registered = await register(deps, interactiveAttempt(call, []), {
      kind: optionalParameter(query, "kind"),
      username: textOf(body["username"]),
      password: textOf(body["password"]),
      client: body["inhibit_login"] === true ? undefined : client,
    });
    return "tokens" in registered ? sessionAnswer(registered) : { user_id: registered.userId };
  },
};
