import { type CharSet, FAIterators, getIntersectionIterator, JS, NFA, Words } from "refa";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { idCharacters, idsThatBeginWith, maxCharacter, wholeIds } from "./anchors.ts";

/** What two patterns have in common. */
export interface Overlap {
  /** An id that both match; missing where that cannot be told, and the patterns are the same text. */
  readonly example?: string;
}

/** Bounds the work on one pattern, and on two of them together. */
const mostNodes = 10_000;

/** Finds ids of one kind and one server that two patterns match from the beginning. */
export class CommonIds {
  readonly #all: NFA;
  readonly #byPattern = new Map<string, NFA | undefined>();

  constructor(sigil: "@" | "#", serverName: ServerName) {
    this.#all = automaton(wholeIds(parsed(`${sigil}[^:]+:${RegExp.escape(serverName)}`)));
  }

  /**
   * Exact, but for patterns that are no regular languages (lookarounds, back references) or very large: of those only
   * the same text is known to overlap.
   */
  find(left: string, right: string): Overlap | undefined {
    const [ofLeft, ofRight] = [this.#matchedBy(left), this.#matchedBy(right)];
    try {
      if (ofLeft !== undefined && ofRight !== undefined) return commonId(ofLeft, ofRight);
    } catch {
      // Too many nodes.
    }
    return left === right ? {} : undefined;
  }

  /** @returns `undefined` where there is no telling */
  #matchedBy(pattern: string): NFA | undefined {
    if (!this.#byPattern.has(pattern)) this.#byPattern.set(pattern, this.#build(pattern));
    return this.#byPattern.get(pattern);
  }

  #build(pattern: string): NFA | undefined {
    try {
      const beginnings = automaton(idsThatBeginWith(parsed(pattern)));
      return NFA.fromIntersection(beginnings, this.#all, new NFA.LimitedNodeFactory(mostNodes));
    } catch {
      return undefined; // What the package does not support, it says with an error.
    }
  }
}

type Pattern = Parameters<typeof wholeIds>[0];

function parsed(source: string): Pattern {
  return JS.Parser.fromLiteral({ source, flags: "" }).parse({ maxNodes: mostNodes }).expression.alternatives;
}

function automaton(pattern: Pattern): NFA {
  return NFA.fromRegex(pattern, { maxCharacter }, {}, new NFA.LimitedNodeFactory(mostNodes));
}

/** A shortest id; of those one that looks like an id. */
function commonId(left: NFA, right: NFA): Overlap | undefined {
  const states = getIntersectionIterator(left, right, mostNodes);
  const path = FAIterators.shortestAcceptingPath(states, ([state]) => state);
  if (path === undefined) return undefined;
  const characters = path.map(([, set]) => set.intersect(idCharacters)).filter((set) => !set.isEmpty);
  return { example: Words.fromUTF16ToString(Words.pickMostReadableWord(characters.map(plainest))) };
}

/** Lower-case letters where there are any: other names are no new user's. */
function plainest(set: CharSet): CharSet {
  const letters = set.intersect({ min: 0x61, max: 0x7a });
  return letters.isEmpty ? set : letters;
}
