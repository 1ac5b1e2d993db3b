import type { EditPushRulesDeps } from "../../../domain/push-rules/edit-push-rules.ts";
import { setPushRule } from "../../../domain/push-rules/set-push-rule.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyList, objectWith } from "../../reading/json-schema.ts";
import { optionalParameter } from "../../reading/query-parameter.ts";
import { ruleName, rulePaths } from "./rule-name.ts";

export const setPushRuleEndpoint: Endpoint<EditPushRulesDeps> = {
  operationId: "setPushRule",
  method: "PUT",
  paths: rulePaths(),
  caller: "user",
  rateLimit: "other",
  body: objectWith({ actions: anyList }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid",

  async handle(deps, { requester, params, query, body }) {
    const [before, after] = [optionalParameter(query, "before"), optionalParameter(query, "after")];
    await setPushRule(deps, requester, { name: ruleName(params), body, before, after });
    return {};
  },
};
