import type { JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { textsMember } from "./filter-members.ts";

/** A type of a filter, split at its `*`, each of which stands for any text. */
export type TypePattern = readonly string[];

/** Types, and `*` in them, of one list of a filter: a sync holds each against every event that it reads. */
const mostParts = 500;

/**
 * @returns `undefined` when the list is absent
 * @throws MatrixError `M_BAD_JSON` naming the member, `M_TOO_LARGE`
 */
export function parseTypes(value: JsonValue | undefined, member: string): TypePattern[] | undefined {
  const patterns = textsMember(value, member)?.map((type) => type.split("*"));
  if (patterns && patterns.reduce((parts, pattern) => parts + pattern.length, 0) > mostParts) {
    throw new MatrixError("M_TOO_LARGE", `${member} has more than ${mostParts} types and wildcards`);
  }
  return patterns;
}

/** Without a regular expression: a hostile pattern must not take more than one walk per part. */
export function matchesPattern(pattern: TypePattern, type: string): boolean {
  const first = pattern[0] ?? "";
  const last = pattern.at(-1) ?? "";
  if (pattern.length === 1) return first === type;
  if (!type.startsWith(first) || !type.endsWith(last)) return false;
  let at = first.length;
  for (const part of pattern.slice(1, -1)) {
    const found = type.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return type.length - last.length >= at;
}
