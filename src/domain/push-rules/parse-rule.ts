import { isJsonObject, type JsonObject, type JsonValue, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Action, PushRule, RuleKind } from "./ruleset.ts";

/** What a client says of a rule of its own. */
export type RuleDefinition = Pick<PushRule, "actions" | "conditions" | "pattern">;

const mostActions = 20;
const mostConditions = 20;
/** Characters of a pattern: every event is held against it. */
const longestPattern = 255;
/** Characters of all actions, or all conditions, of one rule. */
const mostCharacters = 8192;

/** What earlier versions of the specification had, to be taken for nothing. */
const historicalActions: readonly JsonValue[] = ["dont_notify", "coalesce"];

/** Members of a condition that are text, in all kinds of conditions. */
const textMembers = ["key", "pattern", "is"];

/**
 * A rule as a client defines it: members that do not belong to its kind are dropped.
 * @throws MatrixError `M_BAD_JSON` naming the member, `M_MISSING_PARAM` without a pattern, `M_TOO_LARGE`
 */
export function parseRule(kind: RuleKind, body: JsonObject): RuleDefinition {
  const actions = parseActions(body["actions"]);
  if (kind === "content") return { actions, pattern: parsePattern(body["pattern"]) };
  if (kind === "room" || kind === "sender") return { actions };
  return { actions, conditions: parseConditions(body["conditions"] ?? []) };
}

/** @throws MatrixError `M_BAD_JSON`, `M_TOO_LARGE` */
export function parseActions(value: JsonValue | undefined): Action[] {
  const isAction = (action: JsonValue): action is Action => typeof action === "string" || isJsonObject(action);
  if (!Array.isArray(value) || !value.every(isAction)) {
    throw new MatrixError("M_BAD_JSON", "actions must be an array of strings and objects");
  }
  requireBounded(value, "actions", mostActions);
  return value.filter((action) => !historicalActions.includes(action));
}

function parsePattern(value: JsonValue | undefined): string {
  if (value === undefined) throw new MatrixError("M_MISSING_PARAM", "A content rule needs a pattern");
  if (typeof value !== "string") throw new MatrixError("M_BAD_JSON", "pattern must be a string");
  requirePattern(value);
  requireStorable(value, "pattern");
  return value;
}

function parseConditions(value: JsonValue): JsonObject[] {
  if (!Array.isArray(value) || !value.every(isJsonObject)) {
    throw new MatrixError("M_BAD_JSON", "conditions must be an array of objects");
  }
  requireBounded(value, "conditions", mostConditions);
  for (const condition of value) requireCondition(condition);
  return value;
}

/** Of the shape that clients may rely on; a kind that this server does not know is kept, and never matches. */
function requireCondition(condition: JsonObject): void {
  if (typeof condition["kind"] !== "string") throw new MatrixError("M_BAD_JSON", "A condition needs a kind");
  for (const member of textMembers) {
    const value = condition[member];
    if (value !== undefined && typeof value !== "string") {
      throw new MatrixError("M_BAD_JSON", `${member} of a condition must be a string`);
    }
  }
  const { value } = condition;
  if ((typeof value === "object" && value !== null) || (typeof value === "number" && !Number.isSafeInteger(value))) {
    throw new MatrixError("M_BAD_JSON", "value of a condition must be a string, an integer, a boolean or null");
  }
  if (typeof condition["pattern"] === "string") requirePattern(condition["pattern"]);
}

function requirePattern(pattern: string): void {
  if (pattern.length <= longestPattern) return;
  throw new MatrixError("M_TOO_LARGE", `pattern has more than ${longestPattern} characters`);
}

function requireBounded(list: JsonValue[], member: string, most: number): void {
  if (list.length > most) throw new MatrixError("M_TOO_LARGE", `${member} has more than ${most} elements`);
  requireStorable(list, member);
  if (JSON.stringify(list).length <= mostCharacters) return;
  throw new MatrixError("M_TOO_LARGE", `${member} has more than ${mostCharacters} characters`);
}
