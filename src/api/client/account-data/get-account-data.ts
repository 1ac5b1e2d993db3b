import { type GetAccountDataDeps, getAccountData } from "../../../domain/account-data/get-account-data.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getAccountDataEndpoint: Endpoint<GetAccountDataDeps> = {
  operationId: "getAccountData",
  method: "GET",
  paths: clientPaths("/user/:userId/account_data/:type", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype",

  async handle(deps, { requester, params }) {
    const { userId, type = "" } = params;
    const content = await getAccountData(deps, requester, { userId: requireUserId(userId, "userId"), type });
    return new RenderedJson(content);
  },
};
