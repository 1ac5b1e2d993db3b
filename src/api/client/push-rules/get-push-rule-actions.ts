import { type FindPushRulesDeps, findPushRules } from "../../../domain/push-rules/find-push-rules.ts";
import { requireRule } from "../../../domain/push-rules/ruleset.ts";
import type { Endpoint } from "../../endpoint.ts";
import { ruleName, rulePaths } from "./rule-name.ts";

export const getPushRuleActionsEndpoint: Endpoint<FindPushRulesDeps> = {
  operationId: "getPushRuleActions",
  method: "GET",
  paths: rulePaths("/actions"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidactions",

  async handle(deps, { requester, params }) {
    const name = ruleName(params);
    const { actions } = requireRule(await findPushRules(deps, requester.userId), name);
    return { actions };
  },
};
