import {
  type RegistrationTokenValidityDeps,
  registrationTokenValidity,
} from "../../../domain/accounts/registration-token-validity.ts";
import type { Endpoint } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";

export const registrationTokenValidityEndpoint: Endpoint<RegistrationTokenValidityDeps> = {
  operationId: "registrationTokenValidity",
  method: "GET",
  paths: clientPaths("/register/m.login.registration_token/validity", "v1"),
  caller: "anyone",
  rateLimit: "register",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1registermloginregistration_tokenvalidity",

  async handle(deps, { query }) {
    return { valid: registrationTokenValidity(deps, requiredParameter(query, "token")) };
  },
};
