import { type DefineFilterDeps, defineFilter } from "../../../domain/filters/define-filter.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const defineFilterEndpoint: Endpoint<DefineFilterDeps> = {
  operationId: "defineFilter",
  method: "POST",
  paths: clientPaths("/user/:userId/filter", "r0"),
  caller: "user",
  rateLimit: "other",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter",

  async handle(deps, { requester, params, body }) {
    const userId = requireUserId(params["userId"], "userId");
    return { filter_id: await defineFilter(deps, requester, { userId, definition: body }) };
  },
};
