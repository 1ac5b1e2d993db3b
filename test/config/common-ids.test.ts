import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CommonIds } from "../../src/config/registrations/common-ids.ts";
import { parseServerName, type ServerName } from "../../src/protocol/identifiers/server-name.ts";

const ids = new CommonIds("@", parseServerName("s") as ServerName);

const atom = fc.constantFrom("a", "b", "_", ".", "[ab]", "[^a]", "[^:]", "^", "$", "@", ":", "s", "\\W", "[^]");
const repeated = fc.tuple(atom, fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{0,2}", "*?")).map(join);
const pieces = fc.array(repeated, { maxLength: 4 }).map(join);
const group = fc.tuple(pieces, pieces, fc.constantFrom("", "?", "*", "+")).map(([x, y, q]) => `(?:${x}|${y})${q}`);
const body = fc.array(fc.oneof(repeated, group), { maxLength: 4 }).map(join);

/** Patterns of what is behind the `@`, and some of anything. */
const patterns = fc.oneof(
  fc
    .tuple(fc.constantFrom("@", "@", "^@", "(?:^@|@)"), body, fc.constantFrom("", "", ":s", ":s$", "$", ":s|@b_"))
    .map(join),
  body,
);

function join(parts: readonly string[]): string {
  return parts.join("");
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false; // Such as a `^` that is repeated.
  }
}

const everyShortId = localparts(4).map((localpart) => `@${localpart}:s`);

function localparts(longest: number): string[] {
  if (longest === 1) return [..."ab_s@$"];
  const shorter = localparts(longest - 1);
  return [...new Set([...shorter, ...shorter.flatMap((text) => [..."ab_s@"].map((letter) => text + letter))])];
}

function matches(pattern: string): (id: string) => boolean {
  const compiled = new RegExp(`^(?:${pattern})`);
  return (id) => compiled.test(id);
}

test("patterns overlap exactly when an id matches both, and the example is one", () => {
  let [overlapping, apart] = [0, 0];
  fc.assert(
    fc.property(patterns.filter(isPattern), patterns.filter(isPattern), (left, right) => {
      const overlap = ids.find(left, right);
      if (overlap === undefined) {
        apart += 1;
        const missed = everyShortId.filter(matches(left)).find(matches(right));
        assert.equal(missed, undefined);
      } else {
        overlapping += 1;
        const { example = "" } = overlap;
        assert.match(example, /^@[^:]+:s$/);
        assert.ok(matches(left)(example) && matches(right)(example), example);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(overlapping > 100 && apart > 100, `${overlapping} overlap, ${apart} do not`);
});
