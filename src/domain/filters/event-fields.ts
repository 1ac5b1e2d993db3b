import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { parsePath } from "../../protocol/property-path.ts";
import { textsMember } from "./filter-members.ts";

/** Fields of events, by name: all that is in one, or some fields of it. */
export type EventFields = ReadonlyMap<string, EventFields | "whole">;

/** Names in the paths of one filter: each costs some memory as long as a sync waits. */
const mostNames = 1000;

/**
 * The fields that a filter asks for: https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 *
 * @returns `undefined`: all of them, which clients also ask for with an empty list
 * @throws MatrixError `M_BAD_JSON` naming the member, `M_TOO_LARGE`
 */
export function parseEventFields(value: JsonValue | undefined): EventFields | undefined {
  const paths = (textsMember(value, "event_fields") ?? []).map(parsePath);
  if (paths.reduce((names, path) => names + path.length, 0) > mostNames) {
    throw new MatrixError("M_TOO_LARGE", `event_fields has more than ${mostNames} names`);
  }
  return paths.length === 0 ? undefined : fieldsOf(paths);
}

type Fields = Map<string, Fields | "whole">;

function fieldsOf(paths: readonly (readonly string[])[]): EventFields {
  const root: Fields = new Map();
  for (const path of paths) addPath(root, path);
  return root;
}

function addPath(root: Fields, path: readonly string[]): void {
  let fields = root;
  for (const name of path.slice(0, -1)) {
    const inner = fields.get(name) ?? new Map<string, Fields | "whole">();
    // All of it is asked for already.
    if (inner === "whole") return;
    fields.set(name, inner);
    fields = inner;
  }
  fields.set(path.at(-1) ?? "", "whole");
}

/**
 * What of an object a client wants to have, in the order in which it was asked for. Paths lead through objects, not through
 * lists; an object that has nothing of what is wanted within it is left out.
 */
export function keepFields(object: JsonObject, fields: EventFields): JsonObject {
  const kept = emptyObject<JsonValue>();
  for (const [name, inner] of fields) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    const part = inner === "whole" || value === undefined ? value : keepWithin(value, inner);
    if (part !== undefined) kept[name] = part;
  }
  return kept;
}

function keepWithin(value: JsonValue, fields: EventFields): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const kept = keepFields(value, fields);
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** As `keepFields`, of an event's JSON text. */
export function keepFieldsOfText(event: string, fields: EventFields): string {
  return JSON.stringify(keepFields(JSON.parse(event) as JsonObject, fields));
}
