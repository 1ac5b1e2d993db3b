import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** A type of a filter, split at its `*`, each of which stands for any text. */
type TypePattern = readonly string[];

/** What a filter says of one kind of events: https://spec.matrix.org/v1.19/client-server-api/#filtering */
export interface EventFilter {
  readonly types: readonly TypePattern[] | undefined;
  readonly notTypes: readonly TypePattern[];
}

/**
 * The parts of a sync filter that this server has something for. Account data is state: a `limit` would make a client
 * lose some of it, so there it is not honoured.
 */
export interface SyncFilter {
  readonly accountData: EventFilter;
}

export const everything: SyncFilter = { accountData: { types: undefined, notTypes: [] } };

/** Types, and `*` in them, of one list of a filter: a sync holds each against all of a user's account data. */
const mostParts = 500;

/** @throws MatrixError `M_BAD_JSON` naming the member, `M_TOO_LARGE` */
export function parseFilter(definition: JsonObject): SyncFilter {
  return { accountData: parseEventFilter(definition["account_data"], "account_data") };
}

export function passes(filter: EventFilter, type: string): boolean {
  const matches = (pattern: TypePattern) => matchesPattern(pattern, type);
  return (filter.types === undefined || filter.types.some(matches)) && !filter.notTypes.some(matches);
}

/** Without a regular expression: a hostile pattern must not take more than one walk per part. */
function matchesPattern(pattern: TypePattern, type: string): boolean {
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

function parseEventFilter(value: JsonValue | undefined, member: string): EventFilter {
  if (value === undefined) return everything.accountData;
  if (!isJsonObject(value)) throw new MatrixError("M_BAD_JSON", `${member} must be an object`);
  return {
    types: parseTypes(value["types"], `${member}.types`),
    notTypes: parseTypes(value["not_types"], `${member}.not_types`) ?? [],
  };
}

function parseTypes(value: JsonValue | undefined, member: string): TypePattern[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((type) => typeof type === "string")) {
    throw new MatrixError("M_BAD_JSON", `${member} must be an array of strings`);
  }
  const patterns = value.map((type) => type.split("*"));
  if (patterns.reduce((parts, pattern) => parts + pattern.length, 0) > mostParts) {
    throw new MatrixError("M_TOO_LARGE", `${member} has more than ${mostParts} types and wildcards`);
  }
  return patterns;
}
