import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldNames, lockNames, namesOfScope } from "../../src/adapters/sql/dialect/postgres/scope-names.ts";
import type { UnitScope } from "../../src/domain/kernel/unit-of-work.ts";

const many = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);

/** Whether two units may run side by side, whichever begins. */
function meet(one: UnitScope, other: UnitScope): boolean {
  const [allowed, turned] = [
    [one, other],
    [other, one],
  ].map(([first, second]) => {
    const held = new HeldNames();
    held.add(namesOfScope(first as UnitScope));
    return held.allow(namesOfScope(second as UnitScope));
  });
  assert.equal(allowed, turned);
  return !allowed;
}

test("an exclusive name keeps out all that have it, a shared one only those that have it exclusively", () => {
  assert.equal(meet({ exclusive: ["a"] }, { exclusive: ["a"] }), true);
  assert.equal(meet({ exclusive: ["a"] }, { shared: ["a"] }), true);
  assert.equal(meet({ shared: ["a"] }, { shared: ["a"] }), false);
  assert.equal(meet({ exclusive: ["a"] }, { exclusive: ["b"], shared: ["c"] }), false);
  assert.equal(meet({ exclusive: ["a", "b"] }, { exclusive: ["c"], shared: ["b"] }), true);
});

test('"everything" keeps out all that name anything, and those alone', () => {
  assert.equal(meet("everything", "everything"), true);
  assert.equal(meet("everything", { exclusive: ["a"] }), true);
  assert.equal(meet("everything", { shared: ["a"] }), true);
  assert.equal(meet("everything", {}), false);
  assert.equal(meet({}, {}), false);
  assert.equal(meet({}, { exclusive: ["a"] }), false);
});

test("who names more than 256 things takes everything", () => {
  assert.equal(meet({ exclusive: many(256) }, { shared: ["z"] }), false);
  assert.equal(meet({ exclusive: many(257) }, { shared: ["z"] }), true);
  assert.equal(meet({ shared: many(200), exclusive: many(100) }, { shared: ["z"] }), true);
});

test("names are free again when the last who held them has left", () => {
  const held = new HeldNames();
  const shared = namesOfScope({ shared: ["a"] });
  const exclusive = namesOfScope({ exclusive: ["a"] });
  held.add(shared);
  held.add(shared);
  held.remove(shared);
  assert.equal(held.allow(exclusive), false);
  held.remove(shared);
  assert.equal(held.allow(exclusive), true);
  held.add(exclusive);
  assert.equal(held.allow(shared), false);
  assert.equal(held.allow(namesOfScope("everything")), false);
  held.remove(exclusive);
  assert.equal(held.allow(namesOfScope("everything")), true);
});

test("whatever the order of the units, their locks are taken in one order, and a name once, in the stronger mode", async () => {
  const asked: unknown[][] = [];
  const query = async (_name: string, _sql: string, parameters: readonly unknown[]) => {
    asked.push([...parameters]);
    return { rows: [], count: 0, command: "SELECT" };
  };
  const scopes = [{ exclusive: ["b"], shared: ["a"] }, { shared: ["c", "b"] }, { exclusive: ["d"] }].map(namesOfScope);
  await lockNames(query, scopes);
  await lockNames(query, [...scopes].reverse());
  assert.deepEqual(asked[0], asked[1]);
  const [keys, modes] = asked[0] as [string[], boolean[]];
  // a, b, c, d, and the name that all share.
  assert.equal(new Set(keys).size, 5);
  assert.equal(modes.filter(Boolean).length, 2);
  const numbers = keys.map(BigInt);
  assert.deepEqual(
    numbers,
    [...numbers].sort((one, other) => (one < other ? -1 : 1)),
  );
  await lockNames(query, [namesOfScope({})]);
  assert.equal(asked.length, 2, "no name, no question");
});
