import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../../src/domain/kernel/pace.ts";
import { HandClock } from "../open-house.ts";

/** Pieces of work that take some ms each, which are noted as they begin; `|` is the end of a turn of the event loop. */
function openStage() {
  const begun: string[] = [];
  const clock = new HandClock();
  const pace = new Pace(clock);
  const begin = (name: string, ms = 0) =>
    pace.begin(() => {
      begun.push(name);
      clock.advance(ms);
    });
  const turn = async () => {
    await new Promise(setImmediate);
    begun.push("|");
  };
  return { begun, pace, clock, begin, turn };
}

test("what comes alone begins at once", () => {
  const { begun, begin } = openStage();
  begin("a");
  assert.deepEqual(begun, ["a"]);
});

test("E2: pieces begin in their order, and those that come together take 5 ms of a turn", async () => {
  const { begun, begin, turn } = openStage();
  for (const name of ["a", "b", "c", "d", "e", "f", "g"]) begin(name, 2);
  for (let turns = 0; turns < 4; turns++) await turn();
  assert.equal(begun.join(""), "abc|def|g||");
});

test("what a piece goes on with at once counts as part of it", async () => {
  const { begun, begin, pace, clock, turn } = openStage();
  pace.begin(() => {
    begun.push("a");
    void Promise.resolve()
      .then(() => undefined)
      .then(() => clock.advance(5));
  });
  begin("b");
  await turn();
  await turn();
  assert.equal(begun.join(""), "a|b|");
});

test("what comes one after another in a turn counts together, and each turn begins anew", async () => {
  const { begun, begin, turn } = openStage();
  begin("a", 3);
  await undefined;
  begin("b", 3);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  begin("c", 3);
  assert.equal(begun.join(""), "ab");
  await turn();
  await turn();
  begin("d", 3);
  assert.equal(begun.join(""), "ab|c|d");
});
