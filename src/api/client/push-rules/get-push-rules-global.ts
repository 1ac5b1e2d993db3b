import { type FindPushRulesDeps, findPushRules } from "../../../domain/push-rules/find-push-rules.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getPushRulesGlobalEndpoint: Endpoint<FindPushRulesDeps> = {
  operationId: "getPushRulesGlobal",
  method: "GET",
  paths: [...clientPaths("/pushrules/global/", "r0"), ...clientPaths("/pushrules/global", "r0")],
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobal",

  handle(deps, { requester }) {
    return findPushRules(deps, requester.userId);
  },
};
