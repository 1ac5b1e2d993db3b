import { MatrixError } from "../../protocol/matrix-error.ts";
import { BodyTooLargeError } from "./body-too-large-error.ts";

/** Deeper nesting than any Matrix object has, and far less than a recursive walk can bear. */
const deepest = 100;

/** Values in one body: more would hold the event loop for longer than any client needs. */
const mostValues = 50_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/**
 * Looks at the bytes of a body before they are parsed (rule E2): so that no body, however it nests, costs more than
 * reading it once.
 *
 * @throws MatrixError `M_BAD_JSON` when it nests too deep, BodyTooLargeError when it has too many members
 */
export function inspectJson(body: Buffer): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) {
      at = endOfString(body, at);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > deepest) throw new MatrixError("M_BAD_JSON", `The body nests deeper than ${deepest} levels`);
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === comma && ++values > mostValues) {
      throw new BodyTooLargeError(`The body has more than ${mostValues} values`);
    }
  }
}

/** The index of the quote that closes the string which opens at `at`; the body's length when none does. */
function endOfString(body: Buffer, at: number): number {
  for (let next = body.indexOf(quote, at + 1); next !== -1; next = body.indexOf(quote, next + 1)) {
    let escapes = 0;
    while (body[next - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return next;
  }
  return body.length;
}
