import { deepestNesting, describeFault, findJsonFault } from "./json-fault.ts";
import type { JsonObject, JsonValue } from "./json-value.ts";
import { MatrixError } from "./matrix-error.ts";

/**
 * The shortest JSON text, members sorted by code point: https://spec.matrix.org/v1.19/appendices/#canonical-json
 *
 * @param value the parsed JSON; -0 is written as 0
 * @param where what the value is, for the message of an error
 * @throws MatrixError M_BAD_JSON naming the member: fractions, integers outside ±(2^53 - 1), lone surrogates, more
 * than 100 levels of nesting
 */
export function canonicalJson(value: JsonValue, where = ""): string {
  const text = write(value, 0);
  if (text !== undefined) return text;
  // Only a bad value pays for knowing its path.
  const found = findJsonFault(value, "refused") ?? { path: "", reason: "is not a JSON value" };
  throw new MatrixError("M_BAD_JSON", describeFault(found, where));
}

/** The text of a value, or undefined when something in it cannot be written. */
function write(value: JsonValue, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? JSON.stringify(value) : undefined;
    case "number":
      return Number.isSafeInteger(value) ? String(value) : undefined;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= deepestNesting) return undefined;
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      return undefined;
  }
}

function writeArray(items: JsonValue[], depth: number): string | undefined {
  let text = "[";
  for (let index = 0; index < items.length; index++) {
    const item = write(items[index] as JsonValue, depth + 1);
    if (item === undefined) return undefined;
    text += index === 0 ? item : `,${item}`;
  }
  return `${text}]`;
}

function writeObject(object: JsonObject, depth: number): string | undefined {
  let text = "{";
  for (const name of sortByCodePoint(Object.keys(object))) {
    const member = write(object[name] as JsonValue, depth + 1);
    if (member === undefined || !name.isWellFormed()) return undefined;
    text += `${text.length === 1 ? "" : ","}${JSON.stringify(name)}:${member}`;
  }
  return `${text}}`;
}

const surrogate = /[\ud800-\udfff]/;

/** UTF-16 order differs from code point order only where surrogates are, so other names keep the fast native sort. */
function sortByCodePoint(names: string[]): string[] {
  if (names.length < 2) return names;
  return names.some((name) => surrogate.test(name)) ? names.sort(compareCodePoints) : names.sort();
}

function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Moves surrogates (which stand for U+10000 and up) behind U+E000..U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
