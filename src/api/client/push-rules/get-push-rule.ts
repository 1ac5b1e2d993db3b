import { type FindPushRulesDeps, findPushRules } from "../../../domain/push-rules/find-push-rules.ts";
import { requireRule } from "../../../domain/push-rules/ruleset.ts";
import type { Endpoint } from "../../endpoint.ts";
import { ruleName, rulePaths } from "./rule-name.ts";

export const getPushRuleEndpoint: Endpoint<FindPushRulesDeps> = {
  operationId: "getPushRule",
  method: "GET",
  paths: rulePaths(),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleid",

  async handle(deps, { requester, params }) {
    const name = ruleName(params);
    return requireRule(await findPushRules(deps, requester.userId), name);
  },
};
