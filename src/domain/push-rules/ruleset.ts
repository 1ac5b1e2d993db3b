import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** In the order in which they are looked at: https://spec.matrix.org/v1.19/client-server-api/#push-rules */
export const ruleKinds = ["override", "content", "room", "sender", "underride"] as const;

export type RuleKind = (typeof ruleKinds)[number];

export type Action = string | JsonObject;

/** One rule, as clients see it. */
export interface PushRule {
  readonly rule_id: string;
  /** Whether every user has it. */
  readonly default: boolean;
  readonly enabled: boolean;
  readonly actions: readonly Action[];
  /** Of `override` and `underride`: all must hold. */
  readonly conditions?: readonly JsonObject[];
  /** Of `content`: what the body must have in it. */
  readonly pattern?: string;
}

/** A user's rules, each kind in the order of priority. */
export type Ruleset = Readonly<Record<RuleKind, readonly PushRule[]>>;

/** Which rule a request is about. */
export interface RuleName {
  readonly kind: RuleKind;
  readonly ruleId: string;
}

/** @throws MatrixError `M_INVALID_PARAM` */
export function requireRuleKind(text: string | undefined): RuleKind {
  const kind = ruleKinds.find((known) => known === text);
  if (kind === undefined) throw new MatrixError("M_INVALID_PARAM", `kind must be one of ${ruleKinds.join(", ")}`);
  return kind;
}

/** @throws MatrixError `M_NOT_FOUND` */
export function requireRule(rules: Ruleset, { kind, ruleId }: RuleName): PushRule {
  const found = rules[kind].find((rule) => rule.rule_id === ruleId);
  if (found === undefined) throw new MatrixError("M_NOT_FOUND", "There is no push rule of this kind and id");
  return found;
}
