import { deletePushRule } from "../../../domain/push-rules/delete-push-rule.ts";
import type { EditPushRulesDeps } from "../../../domain/push-rules/edit-push-rules.ts";
import type { Endpoint } from "../../endpoint.ts";
import { ruleName, rulePaths } from "./rule-name.ts";

export const deletePushRuleEndpoint: Endpoint<EditPushRulesDeps> = {
  operationId: "deletePushRule",
  method: "DELETE",
  paths: rulePaths(),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3pushrulesglobalkindruleid",

  async handle(deps, { requester, params }) {
    await deletePushRule(deps, requester, ruleName(params));
    return {};
  },
};
