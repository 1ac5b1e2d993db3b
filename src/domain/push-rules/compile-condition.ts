import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import { parsePath } from "../../protocol/property-path.ts";
import { type Glob, literalGlob, matchesWhole, matchesWords, mayRead, parseGlob, type Work } from "./glob.ts";
import { propertyAt } from "./property-path.ts";
import type { PushContext, PushEvent } from "./push-event.ts";

/** Whether a condition holds for an event. */
export type Condition = (event: PushEvent, context: PushContext, work: Work) => boolean;

const never: Condition = () => false;

/**
 * A condition, ready to be evaluated. One of an unknown kind, or without what its kind needs, never holds.
 * https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export function compileCondition(condition: JsonObject): Condition {
  const { kind, key, pattern, value } = condition;
  switch (kind) {
    case "event_match":
      return typeof key === "string" && typeof pattern === "string" ? eventMatch(key, pattern) : never;
    case "event_property_is":
      return typeof key === "string" && isSimple(value) ? eventPropertyIs(key, value) : never;
    case "event_property_contains":
      return typeof key === "string" && isSimple(value) ? eventPropertyContains(key, value) : never;
    case "contains_display_name":
      return containsDisplayName;
    case "room_member_count":
      return roomMemberCount(condition["is"]);
    case "sender_notification_permission":
      return typeof key === "string" ? (_event, context) => context.senderMayNotify(key) : never;
    default:
      return never;
  }
}

/** What a content rule asks: its pattern, in the body. */
export function eventMatch(key: string, pattern: string): Condition {
  const glob = parseGlob(pattern);
  if (key === "content.body") return (event, _context, work) => bodyHas(event, glob, work);
  const path = parsePath(key);
  return (event, _context, work) => {
    const value = propertyAt(event, path);
    return typeof value === "string" && matchesWhole(glob, value, work);
  };
}

function eventPropertyIs(key: string, value: JsonValue): Condition {
  const path = parsePath(key);
  return (event) => propertyAt(event, path) === value;
}

function eventPropertyContains(key: string, value: JsonValue): Condition {
  const path = parsePath(key);
  return (event, _context, work) => {
    const found = propertyAt(event, path);
    return Array.isArray(found) && mayRead(found.length, work) && found.includes(value);
  };
}

const containsDisplayName: Condition = (event, { displayName }, work) =>
  displayName !== undefined && displayName !== "" && bodyHas(event, literalGlob(displayName), work);

function bodyHas(event: PushEvent, glob: Glob, work: Work): boolean {
  const { body } = event.content();
  return typeof body === "string" && matchesWords(glob, body, work);
}

function roomMemberCount(is: JsonValue | undefined): Condition {
  const [, comparison = "==", digits] = (typeof is === "string" && /^(==|<=|>=|<|>)?(\d{1,15})$/.exec(is)) || [];
  if (digits === undefined) return never;
  const holds = comparisons[comparison];
  return (_event, { joinedMembers }) => holds?.(joinedMembers, Number(digits)) ?? false;
}

const comparisons: Readonly<Record<string, (count: number, given: number) => boolean>> = {
  "==": (count, given) => count === given,
  "<": (count, given) => count < given,
  ">": (count, given) => count > given,
  "<=": (count, given) => count <= given,
  ">=": (count, given) => count >= given,
};

/** Text, integers, booleans and null: what is compared exactly. */
function isSimple(value: JsonValue | undefined): value is string | number | boolean | null {
  if (typeof value === "number") return Number.isSafeInteger(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}
