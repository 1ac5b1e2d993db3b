import { type SetAccountDataDeps, setAccountData } from "../../../domain/account-data/set-account-data.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const setAccountDataEndpoint: Endpoint<SetAccountDataDeps> = {
  operationId: "setAccountData",
  method: "PUT",
  paths: clientPaths("/user/:userId/account_data/:type", "r0"),
  caller: "user",
  rateLimit: "other",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype",

  async handle(deps, { requester, params, body }) {
    const { userId, type = "" } = params;
    await setAccountData(deps, requester, { userId: requireUserId(userId, "userId"), type, content: body });
    return {};
  },
};
