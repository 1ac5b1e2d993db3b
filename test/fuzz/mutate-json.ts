import { hostileValues } from "./hostile-text.ts";

/** One change of a JSON text; the numbers choose where and what, each modulo what there is. */
export interface Mutation {
  readonly kind: "replace" | "drop" | "duplicate" | "insert" | "rename" | "truncate";
  readonly place: number;
  readonly choice: number;
}

const token = /"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g;

/** Changes the text; what comes out need not be JSON any more. */
export function mutateJson(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce(mutateOnce, text);
}

function mutateOnce(text: string, { kind, place, choice }: Mutation): string {
  const tokens = text.match(token) ?? [];
  const hostile = hostileValues[choice % hostileValues.length] ?? "null";
  const starts = tokens.flatMap((one, index) => (isStartOfValue(tokens, one, index) ? [index] : []));
  const members = starts.filter((index) => tokens[index - 1] === ":");
  const objects = tokens.flatMap((one, index) => (one === "{" ? [index] : []));
  const at = (places: readonly number[]) => places[place % places.length];
  switch (kind) {
    case "truncate":
      return text.slice(0, place % (text.length + 1));
    case "replace":
      return spliced(tokens, at(starts), (start) => [start, endOfValue(tokens, start), hostile]);
    case "drop":
      return spliced(tokens, at(members), (start) => {
        const end = endOfValue(tokens, start);
        return tokens[end] === "," ? [start - 2, end + 1, ""] : [start - 2, end, ""];
      });
    case "duplicate":
      return spliced(tokens, at(members), (start) => [start - 2, start - 2, `${tokens[start - 2]}:${hostile},`]);
    case "insert": {
      const name = hostile.startsWith('"') ? hostile : '"extra"';
      return spliced(tokens, at(objects), (start) => {
        return [start + 1, start + 1, `${name}:${hostile}${tokens[start + 1] === "}" ? "" : ","}`];
      });
    }
    case "rename":
      return spliced(tokens, at(members), (start) => [start - 2, start - 1, hostile.startsWith('"') ? hostile : '"x"']);
  }
}

/** Puts `text` in place of the tokens from `from` up to `to`; changes nothing where there is no such place. */
function spliced(
  tokens: readonly string[],
  start: number | undefined,
  change: (start: number) => [from: number, to: number, text: string],
): string {
  if (start === undefined) return tokens.join("");
  const [from, to, text] = change(start);
  return [...tokens.slice(0, from), text, ...tokens.slice(to)].join("");
}

function isStartOfValue(tokens: readonly string[], one: string, index: number): boolean {
  return !["}", "]", ",", ":"].includes(one) && tokens[index + 1] !== ":";
}

/** The index behind the value that starts at `start`. */
function endOfValue(tokens: readonly string[], start: number): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    const one = tokens[index];
    if (one === "{" || one === "[") depth++;
    if (one === "}" || one === "]") depth--;
    if (depth === 0) return index + 1;
  }
  return tokens.length;
}
