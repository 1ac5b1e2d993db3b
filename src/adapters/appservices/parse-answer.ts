import type { JsonValue } from "../../protocol/json.ts";

/** Deeper nesting than any Matrix object has, and far less than a recursive walk can bear. */
const deepest = 100;

/** Values in one answer: with 1 MiB of text, what is parsed in a few ms. */
const mostValues = 50_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** The JSON of an answer, or what is wrong with it. */
export type ParsedAnswer =
  | { readonly value: JsonValue; readonly error?: undefined }
  | { readonly error: string; readonly tooLong: boolean };

/** Parses an answer of which nothing is known. Its bytes are looked at first: parsing costs by the value. */
export function parseAnswer(body: Buffer): ParsedAnswer {
  const found = measure(body);
  if (found.depth > deepest) return { error: `its answer nests deeper than ${deepest} levels`, tooLong: false };
  if (found.values > mostValues) return { error: `its answer has more than ${mostValues} values`, tooLong: true };
  try {
    return { value: JSON.parse(body.toString()) as JsonValue };
  } catch {
    // Without the parser's words, which quote the answer.
    return { error: "its answer is not JSON", tooLong: false };
  }
}

function measure(body: Buffer): { depth: number; values: number } {
  let depth = 0;
  const found = { depth: 0, values: 1 };
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) at = endOfString(body, at);
    else if (byte === comma) found.values++;
    else if (byte === 0x7b || byte === 0x5b) found.depth = Math.max(found.depth, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return found;
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
