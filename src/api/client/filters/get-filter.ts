import { type GetFilterDeps, getFilter } from "../../../domain/filters/get-filter.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getFilterEndpoint: Endpoint<GetFilterDeps> = {
  operationId: "getFilter",
  method: "GET",
  paths: clientPaths("/user/:userId/filter/:filterId", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridfilterfilterid",

  async handle(deps, { requester, params }) {
    const { userId, filterId = "" } = params;
    return new RenderedJson(await getFilter(deps, requester, { userId: requireUserId(userId, "userId"), filterId }));
  },
};
