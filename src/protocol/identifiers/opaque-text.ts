import { MatrixError } from "../matrix-error.ts";

const mostBytes = 255;

/**
 * Says whether a text can be a name that a client gives and the server only compares: 1 to 255 bytes of UTF-8, without
 * NUL and lone surrogates, which no database could keep. What is stored and looked up by name is one of these, so that
 * every index can hold it. https://spec.matrix.org/v1.19/appendices/#opaque-identifiers
 */
export function isOpaqueText(text: string): boolean {
  if (text.length === 0 || text.length > mostBytes || Buffer.byteLength(text) > mostBytes) return false;
  return !text.includes("\0") && text.isWellFormed();
}

/**
 * As `isOpaqueText`, for an event type, a transaction id, an algorithm that must be one.
 *
 * @param where the member or parameter that holds it, for the message
 * @throws MatrixError M_INVALID_PARAM
 */
export function requireOpaqueText(text: string | undefined, where: string): string {
  if (text !== undefined && isOpaqueText(text)) return text;
  throw new MatrixError("M_INVALID_PARAM", `${where} must be 1 to ${mostBytes} bytes of text without NUL`);
}
