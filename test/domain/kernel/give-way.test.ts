import assert from "node:assert/strict";
import { test } from "node:test";
import { givingWay } from "../../../src/domain/kernel/give-way.ts";
import { HandClock } from "../open-house.ts";

test("E2: work on many objects lets others have their turn every few ms, and not more often", async () => {
  const clock = new HandClock();
  const giveWay = givingWay(clock);
  const order: string[] = [];
  for (let object = 0; object < 11; object++) {
    setImmediate(() => order.push(`turn after ${object}`));
    clock.advance(1);
    await giveWay();
    order.push(`object ${object}`);
  }
  assert.deepEqual(order.slice(0, 2), ["object 0", "object 1"]);
  assert.equal(order[2], "turn after 0", "after 3 ms whoever waits is let through");
  const turns = order.filter((what) => what.startsWith("turn"));
  assert.equal(turns.length, 9, "and then after each third object");
});
