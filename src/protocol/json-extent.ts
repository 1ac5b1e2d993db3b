/** How much there is in a text of JSON, before it is parsed: parsing costs by the value, and a recursive walk by the depth. */
export interface JsonExtent {
  /** Levels of nesting. */
  readonly depth: number;
  readonly values: number;
}

/** Deeper nesting than any Matrix object has, and far less than a recursive walk can bear. */
export const deepestJson = 100;

/** Values in one request or answer: more would hold the event loop for longer than anybody needs (rule E2). */
export const mostJsonValues = 50_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/**
 * Looks at the bytes once, however they nest. It ends as soon as there is more than the bounds above: what it gives then is
 * beyond one of them.
 */
export function jsonExtent(text: Buffer): JsonExtent {
  let level = 0;
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length && depth <= deepestJson && values <= mostJsonValues; at++) {
    const byte = text[at];
    if (byte === quote) at = endOfString(text, at);
    else if (byte === comma) values++;
    else if (byte === 0x7b || byte === 0x5b) depth = Math.max(depth, ++level);
    else if (byte === 0x7d || byte === 0x5d) level--;
  }
  return { depth, values };
}

/** The index of the quote that closes the string which opens at `at`; the text's length when none does. */
function endOfString(text: Buffer, at: number): number {
  for (let next = text.indexOf(quote, at + 1); next !== -1; next = text.indexOf(quote, next + 1)) {
    let escapes = 0;
    while (text[next - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return next;
  }
  return text.length;
}
