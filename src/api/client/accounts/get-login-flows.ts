import { loginTypes } from "../../../domain/accounts/login.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getLoginFlowsEndpoint: Endpoint<object> = {
  operationId: "getLoginFlows",
  method: "GET",
  paths: clientPaths("/login", "r0"),
  caller: "anyone",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login",

  async handle() {
    return { flows: loginTypes.map((type) => ({ type })) };
  },
};
