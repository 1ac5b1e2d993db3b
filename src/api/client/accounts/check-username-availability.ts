import {
  type CheckUsernameDeps,
  checkUsernameAvailability,
} from "../../../domain/accounts/check-username-availability.ts";
import type { Endpoint } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";

export const checkUsernameAvailabilityEndpoint: Endpoint<CheckUsernameDeps> = {
  operationId: "checkUsernameAvailability",
  method: "GET",
  paths: clientPaths("/register/available", "r0"),
  caller: "anyone",
  rateLimit: "register",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3registeravailable",

  async handle(deps, { query }) {
    await checkUsernameAvailability(deps, requiredParameter(query, "username"));
    return { available: true };
  },
};
