import assert from "node:assert/strict";
import { test } from "node:test";
import { literalGlob, matchesWhole, matchesWords, newWork, parseGlob } from "../../../src/domain/push-rules/glob.ts";

type Case = [pattern: string, text: string, matches: boolean];

function check(cases: Case[], matches: typeof matchesWhole): void {
  for (const [pattern, text, expected] of cases) {
    assert.equal(matches(parseGlob(pattern), text, newWork()), expected, `${pattern} against ${text}`);
  }
}

test("a glob matches a whole value, in upper or lower case", () => {
  const cases: Case[] = [
    ["lunc?*", "Lunch plans", true],
    ["lunc?*", "LUNCH", true],
    ["lunc?*", " lunch", false],
    ["lunc?*", "lunc", false],
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["**", "anything", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*a*b*", "xaxbx", true],
    ["*a*b*", "xbxax", false],
    ["ab*ab", "abab", true],
    ["ab*ab", "ab ab ac", false],
    ["*ab", "ab ab", true],
    ["a**b", "ab", true],
    ["??", "ab", true],
    ["??", "abc", false],
    ["?*?", "a", false],
    ["?*?", "ab", true],
    ["a?c*", "abcabd", true],
    ["*a?c", "abdabc", true],
    ["[a-z]+.$^", "[A-Z]+.$^", true],
  ];
  check(cases, matchesWhole);
});

test("a question mark is one character, also one outside the basic plane", () => {
  check([["?", "🦩", true]], matchesWhole);
  check([["??", "🦩", false]], matchesWhole);
  check([["a?b", "a🦩b", true]], matchesWhole);
});

test("in a body a glob matches between word boundaries", () => {
  const cases: Case[] = [
    ["ex*ple", "An example event.", true],
    ["ex*ple", "exple", true],
    ["ex*ple", "An exciting triple-whammy", true],
    ["ex*ple", "An exciting triplewhammy", false],
    ["cake", "Cake!", true],
    ["cake", "cakes", false],
    ["cake", "pancake", false],
    ["cake", "pancake, cake", true],
    ["cake", "cheese_cake", false],
    ["cake", "cake2", false],
    ["cake", "Käsecake", false],
    ["cake", "Soßcäcake cake", true],
    ["cake", "écake", true],
    ["c?ke", "a coke", true],
    ["cake*", "cakes", true],
    ["*cake", "pancake", true],
    ["@room", "hey @room: look", true],
    ["@room", "hey@room", false],
    ["?", "ab c", true],
    ["?", "ab", false],
    ["", "word", false],
  ];
  check(cases, matchesWords);
});

test("a literal glob takes stars and question marks as they are", () => {
  assert.equal(matchesWords(literalGlob("Mr. *"), "hello mr. *!", newWork()), true);
  assert.equal(matchesWords(literalGlob("Mr. *"), "hello mr. X", newWork()), false);
});

test("E2: a hostile pattern ends when its work is used up", () => {
  const text = "a".repeat(60_000);
  const [manyStars, manyMarks] = [`${"*a".repeat(120)}*b`, `${"a?".repeat(120)}b`];
  for (const pattern of [manyStars, manyMarks, "a", "a?", "*?a?b*"]) {
    const work = newWork();
    const began = work.left;
    for (let times = 0; times < 1000 && work.left > 0; times++) {
      assert.equal(matchesWords(parseGlob(pattern), text, work), false);
    }
    assert.ok(work.left <= 0, `${pattern} leaves ${work.left}`);
    // The step that finds nothing left is the last.
    assert.ok(work.left > -began, `${pattern} took ${began - work.left} steps of ${began}`);
    assert.equal(matchesWords(parseGlob("b"), "b", work), false);
  }
});
