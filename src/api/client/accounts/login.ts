import { appserviceLoginType, type LoginDeps, login } from "../../../domain/accounts/login.ts";
import { type LoginAppserviceUserDeps, loginAppserviceUser } from "../../../domain/accounts/login-appservice-user.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith, text, textOrNull } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";
import { clientMembers, clientOfCall } from "./client-of-call.ts";
import { sessionAnswer } from "./session-answer.ts";

export const loginEndpoint: Endpoint<LoginDeps & LoginAppserviceUserDeps> = {
  operationId: "login",
  method: "POST",
  paths: clientPaths("/login", "r0"),
  caller: "anyone",
  rateLimit: "login",
  body: objectWith({ type: text }, { password: textOrNull, ...clientMembers }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3login",

  async handle(deps, call) {
    const { body, accessToken } = call;
    const client = clientOfCall(call);
    const session =
      body["type"] === appserviceLoginType
        ? await loginAppserviceUser(deps, accessToken, body, client)
        : await login(deps, body, client);
    return sessionAnswer(session);
  },
};
