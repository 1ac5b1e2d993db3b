import type { EditPushRulesDeps } from "../../../domain/push-rules/edit-push-rules.ts";
import { setPushRuleActions } from "../../../domain/push-rules/set-push-rule-actions.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyList, objectWith } from "../../reading/json-schema.ts";
import { ruleName, rulePaths } from "./rule-name.ts";

export const setPushRuleActionsEndpoint: Endpoint<EditPushRulesDeps> = {
  operationId: "setPushRuleActions",
  method: "PUT",
  paths: rulePaths("/actions"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({ actions: anyList }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidactions",

  async handle(deps, { requester, params, body }) {
    await setPushRuleActions(deps, requester, { name: ruleName(params), body });
    return {};
  },
};
