import type { EditPushRulesDeps } from "../../../domain/push-rules/edit-push-rules.ts";
import { setPushRuleEnabled } from "../../../domain/push-rules/set-push-rule-enabled.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith } from "../../reading/json-schema.ts";
import { ruleName, rulePaths } from "./rule-name.ts";

export const setPushRuleEnabledEndpoint: Endpoint<EditPushRulesDeps> = {
  operationId: "setPushRuleEnabled",
  method: "PUT",
  paths: rulePaths("/enabled"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({ enabled: { type: "boolean" } }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidenabled",

  async handle(deps, { requester, params, body }) {
    await setPushRuleEnabled(deps, requester, { name: ruleName(params), enabled: body["enabled"] === true });
    return {};
  },
};
