/**
 * The part of JSON Schema that contracts use: the outer shape of a body. Members that are not named are allowed.
 * Written out rather than built by a library, which would be among the slowest modules to load.
 */
export interface JsonSchema {
  readonly type: JsonType | readonly JsonType[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** Of the members that are not named. */
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly minimum?: number;
}

type JsonType = "object" | "array" | "string" | "boolean" | "integer" | "null";

export const text: JsonSchema = { type: "string" };
export const anyObject: JsonSchema = { type: "object" };
export const anyList: JsonSchema = { type: "array" };
/** A duration in ms. */
export const duration: JsonSchema = { type: "integer", minimum: 0 };

/** Clients send null for a member that they leave empty. */
export const textOrNull: JsonSchema = { type: ["string", "null"] };
export const flagOrNull: JsonSchema = { type: ["boolean", "null"] };
export const objectOrNull: JsonSchema = { type: ["object", "null"] };

export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** An object whose names are foreign text. */
export function mapOf(values: JsonSchema): JsonSchema {
  return { type: "object", additionalProperties: values };
}

export function objectWith(
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return { type: "object", properties: { ...required, ...optional }, required: Object.keys(required) };
}
