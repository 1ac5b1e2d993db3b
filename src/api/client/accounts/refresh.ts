import { type RefreshDeps, refresh } from "../../../domain/authentication/refresh.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith, text } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";
import { tokensAnswer } from "./session-answer.ts";

export const refreshEndpoint: Endpoint<RefreshDeps> = {
  operationId: "refresh",
  method: "POST",
  paths: clientPaths("/refresh"),
  caller: "anyone",
  rateLimit: "login",
  body: objectWith({ refresh_token: text }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3refresh",

  async handle(deps, { body }) {
    return tokensAnswer(await refresh(deps, textOf(body["refresh_token"]) ?? ""));
  },
};
