import type { JsonObject } from "../../protocol/json.ts";
import type { Requester } from "../kernel/requester.ts";
import { changeRule, type EditPushRulesDeps, editPushRules } from "./edit-push-rules.ts";
import { parseActions } from "./parse-rule.ts";
import type { RuleName } from "./ruleset.ts";

/**
 * Changes what a rule does, a default rule too.
 * @throws MatrixError `M_BAD_JSON`, `M_NOT_FOUND`, or as `editPushRules`
 */
export async function setPushRuleActions(
  deps: EditPushRulesDeps,
  requester: Requester,
  { name, body }: { readonly name: RuleName; readonly body: JsonObject },
): Promise<void> {
  const actions = parseActions(body["actions"]);
  await editPushRules(deps, requester, (rules) => changeRule(rules, name, { actions }));
}
