import type { Schema } from "./load-spec.ts";

/**
 * An answer that is any object, or an event: the OpenAPI file calls that `oneOf`, by which an event, which is an object,
 * would be neither.
 */
export function openChoice(schema: Schema): Schema {
  const { oneOf: choices, ...others } = schema;
  if (!Array.isArray(choices) || !choices.some(isAnyObject)) return schema;
  return { ...others, anyOf: choices };
}

function isAnyObject(schema: Schema): boolean {
  return schema["type"] === "object" && Object.keys(schema).length === 1;
}
