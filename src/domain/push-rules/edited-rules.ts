import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { defaultPushRules } from "./default-push-rules.ts";
import { type PushRule, type RuleKind, type Ruleset, ruleKinds } from "./ruleset.ts";

/** The type of the account data: https://spec.matrix.org/v1.19/client-server-api/#mpush_rules */
export const pushRulesType = "m.push_rules";

/** The one default rule that comes before those of the user. */
const masterRule = ".m.rule.master";

/** A rule of the user whole, and of a default rule what the user has changed. */
type EditedRule = Pick<PushRule, "rule_id" | "default"> & Partial<PushRule>;

type EditedRules = Readonly<Record<RuleKind, readonly EditedRule[]>>;

/**
 * The content of `m.push_rules`, as JSON text.
 * @param edited what the store has; a user without edits has the default rules
 */
export function pushRulesText(userId: UserId, edited: string | undefined): string {
  return JSON.stringify({ global: readRules(userId, edited) });
}

/** The rules of a user. Only edits are stored, so that a default rule that is new is there for everybody. */
export function readRules(userId: UserId, edited: string | undefined): Ruleset {
  const defaults = defaultPushRules(userId);
  if (edited === undefined) return defaults;
  const edits = JSON.parse(edited) as EditedRules;
  return ofEachKind((kind) => mergeRules(defaults[kind], edits[kind]));
}

/** What of the rules is to be stored, as JSON text: the inverse of `readRules`. */
export function editsText(userId: UserId, rules: Ruleset): string {
  const defaults = defaultPushRules(userId);
  const edits: EditedRules = ofEachKind((kind) =>
    rules[kind].flatMap((rule) => (rule.default ? changesOf(rule, defaults[kind]) : [rule])),
  );
  return JSON.stringify(edits);
}

function mergeRules(defaults: readonly PushRule[], edits: readonly EditedRule[]): PushRule[] {
  const changes = new Map(edits.filter((edit) => edit.default).map((edit) => [edit.rule_id, edit]));
  const merged = defaults.map((rule) => ({ ...rule, ...changes.get(rule.rule_id) }));
  const own = edits.filter((edit): edit is PushRule => !edit.default);
  const isMaster = ({ rule_id }: PushRule) => rule_id === masterRule;
  return [...merged.filter(isMaster), ...own, ...merged.filter((rule) => !isMaster(rule))];
}

function changesOf(rule: PushRule, defaults: readonly PushRule[]): EditedRule[] {
  const original = defaults.find(({ rule_id }) => rule_id === rule.rule_id);
  const otherActions = JSON.stringify(original?.actions) !== JSON.stringify(rule.actions);
  if (original?.enabled === rule.enabled && !otherActions) return [];
  return [
    {
      ...{ rule_id: rule.rule_id, default: true },
      ...(original?.enabled !== rule.enabled && { enabled: rule.enabled }),
      ...(otherActions && { actions: rule.actions }),
    },
  ];
}

function ofEachKind<Value>(make: (kind: RuleKind) => Value): Record<RuleKind, Value> {
  return Object.fromEntries(ruleKinds.map((kind) => [kind, make(kind)])) as Record<RuleKind, Value>;
}
