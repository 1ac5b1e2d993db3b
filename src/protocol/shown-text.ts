const longestShown = 128;

/**
 * A text of the requester's as it may stand in an error message: at most 128 characters, without lone surrogates.
 * The limit keeps an answer (and a log line) small when the text is a megabyte.
 */
export function shownText(text: string): string {
  return text.length <= longestShown ? text.toWellFormed() : `${text.slice(0, longestShown).toWellFormed()}…`;
}

/** Any value of the requester's for an error message: a string in quotes, of other values only the kind. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return `"${shownText(value)}"`;
  if (value === null) return "null";
  if (value === undefined) return "(nothing)";
  return Array.isArray(value) ? "(an array)" : `(${typeof value})`;
}
