/** Stands for a value that may be a secret in an error message. */
export const hiddenValue: unique symbol = Symbol("hidden");

const longestShown = 80;

/** A value as one line for an error message: scalars as they are (cut at 80 characters), of the rest only the kind. */
export function shownValue(value: unknown): string {
  if (value === hiddenValue) return "(hidden)";
  if (typeof value === "string") return `"${shownName(withoutPassword(value))}"`;
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "a section" : `a ${typeof value}`;
}

/** What kind of value it is, without the value: where something else was expected, it may hold a misplaced secret. */
export function shownKind(value: unknown): string {
  if (typeof value === "string") return "a text";
  if (typeof value === "number") return "a number";
  return shownValue(value);
}

/** A name or text that the operator wrote: control and other invisible characters escaped, cut at 80 characters. */
export function shownName(name: string): string {
  const cut = name.length > longestShown ? `${name.slice(0, longestShown)}…` : name;
  return cut.replaceAll(/["\\]|\p{C}|(?! )\p{Z}/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function withoutPassword(text: string): string {
  return text.replace(/:\/\/.*@/su, "://***@");
}
