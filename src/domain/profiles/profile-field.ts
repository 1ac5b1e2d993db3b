import { type JsonObject, type JsonValue, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { shownText } from "../../protocol/shown-text.ts";

/** The fields that a user's membership events have too. */
export const memberFields: readonly string[] = ["displayname", "avatar_url"];

const longestName = 255;

/** https://spec.matrix.org/v1.19/appendices/#common-namespaced-identifier-grammar */
const fieldName = /^[a-z][a-z0-9._-]*$/;

/** Characters; the bound is ours, for every membership event has both. */
const longest: Readonly<Record<string, number>> = { displayname: 256, avatar_url: 1000 };

/** @throws MatrixError `M_KEY_TOO_LARGE`, `M_INVALID_PARAM` */
export function requireFieldName(name: string): string {
  if (Buffer.byteLength(name) > longestName) {
    throw new MatrixError("M_KEY_TOO_LARGE", `The name of a profile field has at most ${longestName} bytes`);
  }
  if (fieldName.test(name)) return name;
  throw new MatrixError("M_INVALID_PARAM", `"${shownText(name)}" cannot be the name of a profile field`);
}

/**
 * The value of a field that a request sets.
 *
 * @param body an object with the field as its member
 * @returns JSON text; `undefined` for an empty name or picture: clients that know no other way remove theirs with it
 * @throws MatrixError `M_MISSING_PARAM`, `M_BAD_JSON`, `M_TOO_LARGE`
 */
export function parseFieldValue(field: string, body: JsonObject): string | undefined {
  const value = Object.hasOwn(body, field) ? body[field] : undefined;
  if (value === undefined) throw new MatrixError("M_MISSING_PARAM", `The body has no ${field}`);
  requireStorable(value, field);
  if (memberFields.includes(field) || field === "m.tz") requireText(field, value);
  return memberFields.includes(field) && value === "" ? undefined : JSON.stringify(value);
}

function requireText(field: string, value: JsonValue): void {
  if (typeof value !== "string") throw new MatrixError("M_BAD_JSON", `${field} must be a string`);
  const most = longest[field];
  if (most !== undefined && value.length > most) {
    throw new MatrixError("M_TOO_LARGE", `${field} has more than ${most} characters`);
  }
  if (field === "avatar_url" && value !== "" && !value.startsWith("mxc://")) {
    throw new MatrixError("M_BAD_JSON", "avatar_url must begin with mxc://");
  }
}
