import { type GetKeyChangesDeps, getKeyChanges } from "../../../domain/device-lists/get-key-changes.ts";
import type { Endpoint } from "../../endpoint.ts";
import { optionalParameter, requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";

export const getKeysChangesEndpoint: Endpoint<GetKeyChangesDeps> = {
  operationId: "getKeysChanges",
  method: "GET",
  paths: clientPaths("/keys/changes", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3keyschanges",

  handle(deps, { requester, query }) {
    const range = { from: requiredParameter(query, "from"), to: optionalParameter(query, "to") };
    return getKeyChanges(deps, requester, range);
  },
};
