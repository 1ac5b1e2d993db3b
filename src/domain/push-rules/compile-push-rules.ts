import { type Condition, compileCondition, eventMatch } from "./compile-condition.ts";
import type { Action, PushRule, Ruleset } from "./ruleset.ts";

/** What is done with an event: whether it counts as unread, and whether it does as one that is highlighted. */
export interface PushOutcome {
  readonly notify: boolean;
  readonly highlight: boolean;
}

export interface CompiledRule {
  readonly conditions: readonly Condition[];
  readonly outcome: PushOutcome;
}

/** A user's enabled rules, ready to be evaluated for many events. */
export interface CompiledRules {
  readonly override: readonly CompiledRule[];
  readonly content: readonly CompiledRule[];
  /** By room id. */
  readonly room: ReadonlyMap<string, PushOutcome>;
  /** By user id. */
  readonly sender: ReadonlyMap<string, PushOutcome>;
  readonly underride: readonly CompiledRule[];
}

export function compilePushRules(rules: Ruleset): CompiledRules {
  return {
    override: enabledOf(rules.override).map(compileRule),
    content: enabledOf(rules.content).map(compileRule),
    room: outcomesById(rules.room),
    sender: outcomesById(rules.sender),
    underride: enabledOf(rules.underride).map(compileRule),
  };
}

function compileRule({ conditions = [], pattern, actions }: PushRule): CompiledRule {
  const compiled = conditions.map(compileCondition);
  if (pattern !== undefined) compiled.push(eventMatch("content.body", pattern));
  return { conditions: compiled, outcome: outcomeOf(actions) };
}

function outcomesById(rules: readonly PushRule[]): Map<string, PushOutcome> {
  return new Map(enabledOf(rules).map(({ rule_id, actions }) => [rule_id, outcomeOf(actions)]));
}

function enabledOf(rules: readonly PushRule[]): readonly PushRule[] {
  return rules.filter(({ enabled }) => enabled);
}

/** https://spec.matrix.org/v1.19/client-server-api/#actions: a highlight without a value is one. */
function outcomeOf(actions: readonly Action[]): PushOutcome {
  const notify = actions.includes("notify");
  const tweak = actions.find((action) => typeof action === "object" && action["set_tweak"] === "highlight");
  const highlight = typeof tweak === "object" && (tweak["value"] ?? true) === true;
  return { notify, highlight: notify && highlight };
}
