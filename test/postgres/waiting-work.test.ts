import assert from "node:assert/strict";
import { test } from "node:test";
import { WaitingWork } from "../../src/adapters/sql/dialect/postgres/waiting-work.ts";
import { until } from "./note-databases.ts";

/** A line whose clock the test moves. */
function lineOf() {
  const clock = { time: 0, now: () => 0, monotonic: () => clock.time };
  const rejected: { name: string; message: string }[] = [];
  const line = new WaitingWork<{ name: string; deadline: number; losses: number; reject: (reason: unknown) => void }>(
    clock,
  );
  const itemOf = (name: string, deadline = 1000) => ({
    ...{ name, deadline, losses: 0 },
    reject: (reason: unknown) => void rejected.push({ name, message: (reason as Error).name }),
  });
  const takeAll = () =>
    line
      .take(
        () => true,
        () => false,
      )
      .map(({ name }) => name);
  return { clock, line, rejected, itemOf, takeAll };
}

/** Whoever waits keeps the process. */
const leave = new Error("the test is over");

test("work is taken from the front, those that are passed over keep their places", () => {
  const { line, itemOf, takeAll } = lineOf();
  for (const name of ["a", "b", "c", "d", "e"]) line.add(itemOf(name));
  const taken = line.take(
    ({ name }) => name !== "b",
    (count) => count >= 3,
  );
  assert.deepEqual(
    taken.map(({ name }) => name),
    ["a", "c", "d"],
  );
  assert.deepEqual(takeAll(), ["b", "e"]);
  line.add(itemOf("f"));
  line.putBack(taken);
  assert.deepEqual(takeAll(), ["a", "c", "d", "f"]);
  assert.equal(line.size, 0);
});

test("at most 20,000 wait; the next is told so, and there is room again when some have gone", () => {
  const { line, itemOf, rejected } = lineOf();
  for (let index = 0; index < 20_000; index++) line.add(itemOf("early"));
  line.add(itemOf("late"));
  assert.deepEqual(rejected, [{ name: "late", message: "StorageUnavailableError" }]);
  line.take(
    () => true,
    (count) => count >= 1,
  );
  line.add(itemOf("later"));
  assert.equal(rejected.length, 1);
  line.rejectAll(leave);
});

test("who has waited too long is told so, those put back too, and the others go on waiting", async () => {
  const { clock, line, itemOf, rejected, takeAll } = lineOf();
  line.add(itemOf("patient", 5000));
  line.putBack([itemOf("impatient", 1000)]);
  clock.time = 1000;
  await until(() => rejected.length > 0);
  assert.deepEqual(rejected, [{ name: "impatient", message: "StorageUnavailableError" }]);
  clock.time = 4999;
  assert.deepEqual(takeAll(), ["patient"]);
  line.add(itemOf("everything", Number.POSITIVE_INFINITY));
  line.add(itemOf("next", 6000));
  clock.time = 10_000_000;
  await until(() => rejected.length > 1);
  assert.deepEqual(takeAll(), ["everything"]);
});
