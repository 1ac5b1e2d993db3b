import { type TSchema, Type } from "typebox";
import type { JsonValue } from "../../protocol/json.ts";

/** A member that may be absent; clients also say so with null. */
const optionalMember = <Schema extends TSchema>(schema: Schema) => Type.Optional(Type.Union([schema, Type.Null()]));

export const optionalText = optionalMember(Type.String());
export const optionalFlag = optionalMember(Type.Boolean());
/** `auth` of the endpoints with user-interactive authentication. */
export const optionalAuth = optionalMember(Type.Object({}));

/** A member of a body that is valid against `optionalText`. */
export function textOf(member: JsonValue | undefined): string | undefined {
  return typeof member === "string" ? member : undefined;
}
