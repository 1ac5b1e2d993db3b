import type { Requester } from "../kernel/requester.ts";
import { changeRule, type EditPushRulesDeps, editPushRules } from "./edit-push-rules.ts";
import type { RuleName } from "./ruleset.ts";

/**
 * Turns a rule on or off, a default rule too.
 * @throws MatrixError `M_NOT_FOUND`, or as `editPushRules`
 */
export function setPushRuleEnabled(
  deps: EditPushRulesDeps,
  requester: Requester,
  { name, enabled }: { readonly name: RuleName; readonly enabled: boolean },
): Promise<void> {
  return editPushRules(deps, requester, (rules) => changeRule(rules, name, { enabled }));
}
