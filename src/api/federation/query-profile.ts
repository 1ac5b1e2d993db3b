import { type QueryProfileDeps, queryProfile } from "../../domain/federation-in/query-profile.ts";
import type { ServerEndpoint } from "../endpoint.ts";
import { requiredParameter } from "../reading/query-parameter.ts";

export const queryProfileEndpoint: ServerEndpoint<QueryProfileDeps> = {
  operationId: "queryProfile",
  method: "GET",
  paths: ["/_matrix/federation/v1/query/profile"],
  caller: "server",
  rateLimit: "federation",
  spec: "https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1queryprofile",

  handle(deps, { query }) {
    return queryProfile(deps, requiredParameter(query, "user_id"));
  },
};
