import type { JsonValue } from "../../protocol/json.ts";

/** A member of a body that is valid against `textOrNull`. */
export function textOf(member: JsonValue | undefined): string | undefined {
  return typeof member === "string" ? member : undefined;
}
