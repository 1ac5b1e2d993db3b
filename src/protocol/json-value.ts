/** A parsed JSON text. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A parsed JSON object. Any name may be a member, `__proto__` included. */
export type JsonObject = { [member: string]: JsonValue };

/** Says whether a parsed JSON value is an object: not an array, not null, not an instance of a class. */
export function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A new map without a prototype, in which `__proto__` and `constructor` are names like all others. */
export function emptyObject<T>(): { [k: string]: T } {
  return Object.create(null) as { [k: string]: T };
}
