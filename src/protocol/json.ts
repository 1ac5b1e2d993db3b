import { describeFault, findJsonFault } from "./json-fault.ts";
import type { JsonValue } from "./json-value.ts";
import { MatrixError } from "./matrix-error.ts";

export { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";

/**
 * Refuses a value that cannot be stored and sent on without change (rule E2): numbers that are not finite, integers
 * outside ±(2^53 - 1), lone surrogates in strings and names, nesting over 100 levels. Fractions are taken.
 *
 * @param value the parsed JSON
 * @param where what the value is, for the message: `content`, `body`
 * @throws MatrixError M_BAD_JSON naming the path
 */
export function requireStorable(value: JsonValue, where: string): void {
  const found = findJsonFault(value, "allowed");
  if (found !== undefined) throw new MatrixError("M_BAD_JSON", describeFault(found, where));
}
