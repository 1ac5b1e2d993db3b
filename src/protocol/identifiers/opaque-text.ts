import { MatrixError } from "../matrix-error.ts";

const mostBytes = 255;

/**
 * A name that a client gives and the server only compares: an event type, a transaction id.
 * https://spec.matrix.org/v1.19/appendices/#opaque-identifiers
 *
 * @param where the parameter that holds it, for the message
 * @throws MatrixError M_INVALID_PARAM when it is empty, longer than 255 bytes, or has NUL or a lone surrogate, which no
 * database could keep
 */
export function requireOpaqueText(text: string | undefined, where: string): string {
  if (text && Buffer.byteLength(text) <= mostBytes && !text.includes("\0") && text.isWellFormed()) return text;
  throw new MatrixError("M_INVALID_PARAM", `${where} must be 1 to ${mostBytes} bytes of text without NUL`);
}
