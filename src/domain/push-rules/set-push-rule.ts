import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import { type EditPushRulesDeps, editPushRules } from "./edit-push-rules.ts";
import { parseRule } from "./parse-rule.ts";
import { type PushRule, type RuleName, type Ruleset, ruleKinds } from "./ruleset.ts";

export interface SetPushRuleInput {
  readonly name: RuleName;
  readonly body: JsonObject;
  /** The id of a rule of the user, of the same kind, that the rule shall stand right before. */
  readonly before: string | undefined;
  /** As `before`, which is stronger; right after it. */
  readonly after: string | undefined;
}

/** A user's own, of all kinds: a sync that tells of a change sends them all. */
const mostRules = 1000;

/**
 * Makes a rule, or changes one that the requester has made: it keeps its place, and stays enabled or disabled.
 * A new one comes before all others of the user, unless the request says where.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
 *
 * @throws MatrixError `M_INVALID_PARAM` for an id that is not allowed, `M_UNKNOWN` when there is no such rule to stand
 * before or after, or as `parseRule` and `editPushRules`
 */
export async function setPushRule(
  deps: EditPushRulesDeps,
  requester: Requester,
  { name, body, ...place }: SetPushRuleInput,
): Promise<void> {
  requireOwnRuleId(name.ruleId);
  const definition = parseRule(name.kind, body);
  await editPushRules(deps, requester, (rules) => {
    const stored = rules[name.kind].find(({ rule_id }) => rule_id === name.ruleId);
    if (stored === undefined && countOwn(rules) >= mostRules) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostRules} push rules`);
    }
    const enabled = stored?.enabled ?? true;
    const rule = { rule_id: name.ruleId, default: false, enabled, ...definition };
    return { ...rules, [name.kind]: placeRule(rules[name.kind], rule, place) };
  });
}

function placeRule(
  rules: readonly PushRule[],
  rule: PushRule,
  { before, after }: Pick<SetPushRuleInput, "before" | "after">,
): PushRule[] {
  const stored = rules.findIndex(({ rule_id }) => rule_id === rule.rule_id);
  const relative = before ?? after;
  if (relative === undefined && stored !== -1) return rules.with(stored, rule);
  const others = rules.filter((_, index) => index !== stored);
  if (relative === undefined) return others.toSpliced(0, 0, rule);
  const at = others.findIndex((other) => other.rule_id === relative && !other.default);
  if (at === -1) throw new MatrixError("M_UNKNOWN", "There is no rule of the user to stand before or after");
  return others.toSpliced(before === undefined ? at + 1 : at, 0, rule);
}

/** An id that begins with a dot is a default rule's; it is the last part of a path, so it has no slashes. */
function requireOwnRuleId(ruleId: string): void {
  requireOpaqueText(ruleId, "ruleId");
  if (!ruleId.startsWith(".") && !/[/\\]/.test(ruleId)) return;
  throw new MatrixError("M_INVALID_PARAM", "ruleId must not begin with a dot, nor have slashes in it");
}

function countOwn(rules: Ruleset): number {
  return ruleKinds.flatMap((kind) => rules[kind].filter((rule) => !rule.default)).length;
}
