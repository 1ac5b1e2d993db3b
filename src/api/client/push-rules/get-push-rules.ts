import { type FindPushRulesDeps, findPushRules } from "../../../domain/push-rules/find-push-rules.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getPushRulesEndpoint: Endpoint<FindPushRulesDeps> = {
  operationId: "getPushRules",
  method: "GET",
  // Some clients leave the last slash out.
  paths: [...clientPaths("/pushrules/", "r0"), ...clientPaths("/pushrules", "r0")],
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules",

  async handle(deps, { requester }) {
    return { global: await findPushRules(deps, requester.userId) };
  },
};
