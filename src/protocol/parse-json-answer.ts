import type { JsonValue } from "./json.ts";
import { deepestJson, jsonExtent, mostJsonValues } from "./json-extent.ts";

/** The JSON of an answer, or what is wrong with it. */
export type ParsedAnswer =
  | { readonly value: JsonValue; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: string; readonly tooLong: boolean };

/** Parses an answer of which nothing is known. Its bytes are looked at first: parsing costs by the value. */
export function parseJsonAnswer(body: Buffer): ParsedAnswer {
  const { depth, values } = jsonExtent(body);
  if (depth > deepestJson) return { error: `its answer nests deeper than ${deepestJson} levels`, tooLong: false };
  if (values > mostJsonValues) return { error: `its answer has more than ${mostJsonValues} values`, tooLong: true };
  try {
    return { value: JSON.parse(body.toString()) as JsonValue };
  } catch {
    // Without the parser's words, which quote the answer.
    return { error: "its answer is not JSON", tooLong: false };
  }
}
