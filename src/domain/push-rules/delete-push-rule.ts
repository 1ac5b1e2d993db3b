import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import { type EditPushRulesDeps, editPushRules } from "./edit-push-rules.ts";
import { type RuleName, requireRule } from "./ruleset.ts";

/**
 * Removes a rule that the requester has made.
 * @throws MatrixError `M_NOT_FOUND`, `M_INVALID_PARAM` for a default rule, or as `editPushRules`
 */
export function deletePushRule(deps: EditPushRulesDeps, requester: Requester, name: RuleName): Promise<void> {
  return editPushRules(deps, requester, (rules) => {
    const found = requireRule(rules, name);
    if (found.default) throw new MatrixError("M_INVALID_PARAM", "A default rule can be disabled, not deleted");
    return { ...rules, [name.kind]: rules[name.kind].filter((rule) => rule !== found) };
  });
}
