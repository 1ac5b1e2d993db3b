/** What evaluating one event for one user may still cost. When it is used up, no pattern matches any more. */
export interface Work {
  /** Steps of a few dozen ns. */
  left: number;
  /** The text that was last put into lower case, for many patterns are held against one body. */
  text: string;
  lowerCase: string;
}

/** Steps for one event and user: some ms. Ordinary rules and messages take a few hundred. */
const mostSteps = 100_000;

/** A pattern in lower case, split at its `*`, and each part at its `?`. Only the first and the last part may be empty. */
export type Glob = readonly (readonly string[])[];

/** Says whether a match may begin, or end, at an index. */
type Edge = (text: string, at: number) => boolean;

/** Characters that the engine skips natively in the time of one step. */
const skippedAtOnce = 32;

export function newWork(): Work {
  return { left: mostSteps, text: "", lowerCase: "" };
}

/** Counts the native reading of so many characters or elements; answers whether that may still be done. */
export function mayRead(length: number, work: Work): boolean {
  work.left -= length / skippedAtOnce;
  return work.left >= 0;
}

/** https://spec.matrix.org/v1.19/appendices/#glob-style-matching */
export function parseGlob(pattern: string): Glob {
  const parts = pattern.toLowerCase().split(/\*+/);
  return parts.map((part) => part.split("?"));
}

/** A glob that matches this text alone, whatever characters it has. */
export function literalGlob(text: string): Glob {
  return [[text.toLowerCase()]];
}

/** Whether the glob matches the whole text, in upper or lower case. */
export function matchesWhole(glob: Glob, text: string, work: Work): boolean {
  const lowerCase = inLowerCase(text, work);
  if (lowerCase === undefined) return false;
  if (glob.length === 1 && glob[0]?.length === 1) return glob[0][0] === lowerCase;
  return matches(glob, lowerCase, work, isStart, isEnd);
}

/**
 * Whether the glob matches a stretch of the text that begins and ends at a word boundary, in upper or lower case.
 * https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export function matchesWords(glob: Glob, text: string, work: Work): boolean {
  const lowerCase = inLowerCase(text, work);
  return lowerCase !== undefined && matches(glob, lowerCase, work, beginsWord, endsWord);
}

/** `undefined` when the work is used up. */
function inLowerCase(text: string, work: Work): string | undefined {
  if (work.text === text) return work.lowerCase;
  if (!mayRead(text.length, work)) return undefined;
  work.text = text;
  work.lowerCase = text.toLowerCase();
  return work.lowerCase;
}

/**
 * Each part is taken where it is found first: what follows a `*` then has the most room, so that nothing is tried twice
 * and a hostile pattern costs no more than one walk for each part.
 */
function matches(glob: Glob, text: string, work: Work, first: Edge, last: Edge): boolean {
  let at = 0;
  for (const [index, part] of glob.entries()) {
    const isLast = index === glob.length - 1;
    // A `*` at the end takes what is left, and the end is an edge.
    if (isLast && index > 0 && part.length === 1 && part[0] === "") return true;
    const end = findPart(part, text, at, work, index === 0 ? first : anywhere, isLast ? last : anywhere);
    if (end === undefined) return false;
    at = end;
  }
  return true;
}

/** Where the first match of a part ends, from an index on. */
function findPart(
  part: readonly string[],
  text: string,
  from: number,
  work: Work,
  begins: Edge,
  ends: Edge,
): number | undefined {
  const head = part[0] ?? "";
  for (let at = from; at <= text.length; at++) {
    const start = text.indexOf(head, at);
    work.left -= part.length;
    if (!mayRead((start === -1 ? text.length : start) - at, work) || start === -1) return undefined;
    const end = begins(text, start) ? endOfPart(part, text, start + head.length) : undefined;
    if (end !== undefined && ends(text, end)) return end;
    at = start;
  }
  return undefined;
}

/** Where a part ends whose head ends at an index; `undefined` when the rest of the part is not there. */
function endOfPart(part: readonly string[], text: string, endOfHead: number): number | undefined {
  let at = endOfHead;
  for (let index = 1; index < part.length; index++) {
    const character = text.codePointAt(at);
    if (character === undefined) return undefined;
    at += character > 0xffff ? 2 : 1;
    const chunk = part[index] ?? "";
    if (!text.startsWith(chunk, at)) return undefined;
    at += chunk.length;
  }
  return at;
}

const anywhere: Edge = () => true;
const isStart: Edge = (_text, at) => at === 0;
const isEnd: Edge = (text, at) => at === text.length;
const beginsWord: Edge = (text, at) => at === 0 || !isOfWord(text.charCodeAt(at - 1));
const endsWord: Edge = (text, at) => at === text.length || !isOfWord(text.charCodeAt(at));

/** `a` to `z`, `0` to `9`, `_`: what is left of the specification's word characters in lower case. */
function isOfWord(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f;
}
