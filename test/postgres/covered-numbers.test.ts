import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  CoveredNumbers,
  describeRanges,
  parseRanges,
} from "../../src/adapters/sql/dialect/postgres/covered-numbers.ts";

/** A transaction that was under way when its number was missed may have ended, and its process died, until then. */
const looksUntilForgotten = 12;

/** When a number is told of: before the look that follows its being handed out, before the next one, or never. */
type Told = "now" | "next" | "never";

test("S5: a number that nobody tells of shows at the second look after it was handed out, and what is told of never does", () => {
  const round = fc.array(fc.constantFrom<Told>("now", "next", "never"), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(round, { maxLength: 40 }), (rounds) => {
      const covered = new CoveredNumbers();
      let last = 0;
      let late: number[] = [];
      for (const [index, numbers] of rounds.entries()) {
        for (const number of late) covered.add(number, number);
        late = [];
        for (const told of numbers) {
          last++;
          if (told === "now") covered.add(last, last);
          if (told === "next") late.push(last);
        }
        // What was handed out before the first look may have been told of before the process began to listen.
        const missing = index === 1 || (index >= 2 && (rounds[index - 1] as Told[]).includes("never"));
        assert.equal(covered.passUpTo(last), !missing, `look ${index}`);
      }
    }),
  );
});

test("S5: a number shows when it is missed and once more when it is forgotten, unless it is told of meanwhile", () => {
  const covered = new CoveredNumbers();
  covered.passUpTo(10);
  covered.passUpTo(14);
  covered.add(11, 11);
  covered.add(13, 13);
  assert.equal(covered.passUpTo(14), false, "12 and 14 are missing");
  covered.add(12, 12);
  const looks = Array.from({ length: 20 }, () => covered.passUpTo(14));
  assert.deepEqual(
    looks.flatMap((complete, look) => (complete ? [] : [look + 1])),
    [looksUntilForgotten],
  );
});

test("numbers that were told of before the first look, or long ago, do no harm", () => {
  const covered = new CoveredNumbers();
  covered.add(1, 5);
  assert.equal(covered.passUpTo(5), true);
  covered.add(6, 6);
  covered.passUpTo(6);
  covered.add(2, 3);
  assert.equal(covered.passUpTo(6), true);
  covered.add(7, 9);
  assert.equal(covered.passUpTo(9), true);
  assert.equal(covered.passUpTo(9), true);
});

test("ranges say the same numbers in few characters", () => {
  assert.equal(describeRanges([8, 3, 4, 5]), "3-5,8");
  assert.equal(describeRanges([]), "");
  assert.deepEqual(parseRanges("3-5,8"), [
    [3, 5],
    [8, 8],
  ]);
  assert.deepEqual(parseRanges(""), []);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200)), (numbers) => {
      const spelled = parseRanges(describeRanges(numbers)).flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
      assert.deepEqual(
        spelled,
        [...numbers].sort((one, other) => one - other),
      );
    }),
  );
});
