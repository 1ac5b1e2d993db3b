import fc from "fast-check";
import type { JsonValue } from "../../src/protocol/json.ts";

/** Names in which every sort order and every prototype trap of JavaScript shows. */
const names = fc.oneof(
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("__proto__", "constructor", "toString", "", "\uffff", "\u{10000}", "\ue000", "10", "9"),
);

const leaves = fc.oneof(fc.string({ unit: "binary" }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null));

function objectOf(entries: [string, JsonValue][]): JsonValue {
  // JSON.parse makes `__proto__` an own member; an object literal would not.
  return JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)}}`);
}

/** Values that canonical JSON can carry, as JSON.parse gives them. */
export const canonicalValues: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaves,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.uniqueArray(fc.tuple(names, tie("value")), { selector: ([name]) => name, maxLength: 6 }).map(objectOf),
  ),
})).value;

/** The same value with the members of every object in the opposite order. */
export function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return objectOf(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
