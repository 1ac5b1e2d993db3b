import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** What a filter says of one kind of events: https://spec.matrix.org/v1.19/client-server-api/#filtering */
export interface EventFilter {
  readonly types: readonly string[] | undefined;
  readonly notTypes: readonly string[];
}

/**
 * The parts of a sync filter that this server has something for. Account data is state: a `limit` would make a client
 * lose some of it, so there it is not honoured.
 */
export interface SyncFilter {
  readonly accountData: EventFilter;
}

export const everything: SyncFilter = { accountData: { types: undefined, notTypes: [] } };

/** Types in one list of a filter: a sync holds each of them against all of a user's account data. */
const mostTypes = 250;

/** @throws MatrixError `M_BAD_JSON` naming the member, `M_TOO_LARGE` */
export function parseFilter(definition: JsonObject): SyncFilter {
  return { accountData: parseEventFilter(definition["account_data"], "account_data") };
}

/** `*` in a filter's type stands for any text. */
export function passes(filter: EventFilter, type: string): boolean {
  const matches = (pattern: string) => matchesWildcard(pattern, type);
  return (filter.types === undefined || filter.types.some(matches)) && !filter.notTypes.some(matches);
}

/** Without a regular expression: a hostile pattern must not take more than one walk per part. */
function matchesWildcard(pattern: string, type: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === type;
  if (!type.startsWith(first)) return false;
  const last = rest.pop() ?? "";
  let at = first.length;
  for (const part of rest) {
    const found = type.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return type.length - last.length >= at && type.endsWith(last);
}

function parseEventFilter(value: JsonValue | undefined, member: string): EventFilter {
  if (value === undefined) return everything.accountData;
  if (!isJsonObject(value)) throw new MatrixError("M_BAD_JSON", `${member} must be an object`);
  return {
    types: parseTypes(value["types"], `${member}.types`),
    notTypes: parseTypes(value["not_types"], `${member}.not_types`) ?? [],
  };
}

function parseTypes(value: JsonValue | undefined, member: string): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length > mostTypes) {
    throw new MatrixError("M_TOO_LARGE", `${member} has more than ${mostTypes} entries`);
  }
  if (Array.isArray(value) && value.every((type) => typeof type === "string")) return value;
  throw new MatrixError("M_BAD_JSON", `${member} must be an array of strings`);
}
