import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** A member that is an object; an absent one is empty. Throws `M_BAD_JSON` naming it. */
export function objectMember(value: JsonValue | undefined, member: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw new MatrixError("M_BAD_JSON", `${member} must be an object`);
  return value;
}

/** A member that is true or false; `undefined` when it is absent. Throws `M_BAD_JSON` naming it. */
export function flagMember(value: JsonValue | undefined, member: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw new MatrixError("M_BAD_JSON", `${member} must be true or false`);
  return value;
}

/** A list of texts; `undefined` when it is absent. Throws `M_BAD_JSON` naming it. */
export function textsMember(value: JsonValue | undefined, member: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((text) => typeof text === "string")) {
    throw new MatrixError("M_BAD_JSON", `${member} must be an array of strings`);
  }
  return value;
}

/**
 * A list of user or room ids; `undefined` when it is absent. How many there are costs nothing later: they are looked up.
 *
 * @param sigil what each of them begins with
 * @throws MatrixError `M_BAD_JSON` naming the member
 */
export function idsMember(value: JsonValue | undefined, member: string, sigil: "@" | "!"): Set<string> | undefined {
  if (value === undefined || value === null) return undefined;
  const isId = (id: JsonValue): id is string => typeof id === "string" && id.startsWith(sigil);
  if (!Array.isArray(value) || !value.every(isId)) {
    throw new MatrixError("M_BAD_JSON", `${member} must be an array of ids that begin with ${sigil}`);
  }
  return new Set(value);
}
