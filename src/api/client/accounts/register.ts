import { appserviceLoginType } from "../../../domain/accounts/login.ts";
import { type RegisterDeps, register } from "../../../domain/accounts/register.ts";
import {
  type RegisterAppserviceUserDeps,
  registerAppserviceUser,
} from "../../../domain/accounts/register-appservice-user.ts";
import { interactiveAttempt } from "../../authenticate/user-interactive.ts";
import type { Endpoint } from "../../endpoint.ts";
import { flagOrNull, objectOrNull, objectWith, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { optionalParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { clientMembers, clientOfCall } from "./client-of-call.ts";
import { sessionAnswer } from "./session-answer.ts";

export const registerEndpoint: Endpoint<RegisterDeps & RegisterAppserviceUserDeps> = {
  operationId: "register",
  method: "POST",
  paths: clientPaths("/register", "r0"),
  caller: "anyone",
  rateLimit: "register",
  body: objectWith(
    {},
    {
      // Absent from the specification's file of this endpoint, and given by appservices alone.
      type: textOrNull,
      auth: objectOrNull,
      username: textOrNull,
      password: textOrNull,
      inhibit_login: flagOrNull,
      ...clientMembers,
    },
  ),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3register",

  async handle(deps, call) {
    const { body, query, accessToken } = call;
    const described = clientOfCall(call);
    const username = textOf(body["username"]);
    const client = body["inhibit_login"] === true ? undefined : described;
    const registering =
      body["type"] === appserviceLoginType
        ? registerAppserviceUser(deps, accessToken, { username, client })
        : register(deps, interactiveAttempt(call, []), {
            kind: optionalParameter(query, "kind"),
            username,
            password: textOf(body["password"]),
            client,
          });
    const registered = await registering;
    return "tokens" in registered ? sessionAnswer(registered) : { user_id: registered.userId };
  },
};
