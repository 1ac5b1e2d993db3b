import { type Static, type TSchema, Type } from "typebox";

/**
 * An object whose names are foreign text. Not `Type.Record`: its pattern for names does not match those with a line
 * break in them, whose values would go unchecked (rule E2).
 */
export const mapOf = <Schema extends TSchema>(values: Schema) =>
  Type.Unsafe<{ [name: string]: Static<Schema> }>(Type.Object({}, { additionalProperties: values }));
