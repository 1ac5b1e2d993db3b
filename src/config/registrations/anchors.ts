import { CharSet, type Concatenation, type Element, type NoParent } from "refa";

// An automaton reads characters, and knows neither where a text begins nor where it ends. So both become characters that
// stand in no id: an id is read with any number of begins before it and of ends behind it, and each `^` and `$` reads
// one. That is the same, for behind a `$` a pattern can match nothing but another `$`.

/** A pattern, as `refa` knows it. */
type Alternatives = readonly NoParent<Concatenation>[];

/** Patterns without flags know UTF-16 code units. */
export const maxCharacter = 0xffff;

const begin = CharSet.fromCharacter(maxCharacter, 0xfffe);
const end = CharSet.fromCharacter(maxCharacter, 0xffff);
export const idCharacters: CharSet = CharSet.all(maxCharacter).without(begin).without(end);

/** For an automaton that reads the ids which the pattern matches as a whole. */
export function wholeIds(pattern: Alternatives): Alternatives {
  return [concatenation([anyNumberOf(begin), group(pattern), anyNumberOf(end)])];
}

/** For an automaton that reads, among other things, the ids whose beginning the pattern matches. */
export function idsThatBeginWith(pattern: Alternatives): Alternatives {
  return [concatenation([anyNumberOf(begin), group(pattern), anyNumberOf(idCharacters), anyNumberOf(end)])];
}

function group(pattern: Alternatives): NoParent<Element> {
  return { type: "Alternation", alternatives: translateAll(pattern) };
}

function translateAll(pattern: Alternatives): NoParent<Concatenation>[] {
  return pattern.map(({ elements }) => concatenation(elements.map(translate)));
}

function translate(element: NoParent<Element>): NoParent<Element> {
  if (element.type === "Unknown") return element;
  if (element.type === "CharacterClass") return anyOf(element.characters.intersect(idCharacters));
  if (element.type !== "Assertion") return { ...element, alternatives: translateAll(element.alternatives) };
  if (!isAnchor(element)) return element; // Which no automaton is made of: it ends in an error.
  return anyOf(element.kind === "behind" ? begin : end);
}

/** `^` is "no character behind", `$` is "no character ahead". */
function isAnchor({ negate, alternatives }: NoParent<Element & { type: "Assertion" }>): boolean {
  const [only, ...others] = alternatives.flatMap(({ elements }) => elements);
  return negate && others.length === 0 && only?.type === "CharacterClass" && only.characters.isAll;
}

function concatenation(elements: NoParent<Element>[]): NoParent<Concatenation> {
  return { type: "Concatenation", elements };
}

function anyOf(characters: CharSet): NoParent<Element> {
  return { type: "CharacterClass", characters };
}

function anyNumberOf(characters: CharSet): NoParent<Element> {
  const alternatives = [concatenation([anyOf(characters)])];
  return { type: "Quantifier", min: 0, max: Number.POSITIVE_INFINITY, lazy: false, alternatives };
}
