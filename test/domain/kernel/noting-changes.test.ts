import assert from "node:assert/strict";
import { test } from "node:test";
import { notingChanges } from "../../../src/domain/kernel/noting-changes.ts";

test("a change is noted before it is made, and reading is not", async () => {
  const done: string[] = [];
  const events = {
    findEvent: async (id: string) => `event ${id}`,
    listEvents: async () => done.push("listed"),
    countEvents: async () => done.push("counted"),
    hasEvent: async () => done.push("looked"),
    append: async (id: string) => done.push(`appended ${id}`),
  };
  const stores = notingChanges({ events, nothing: undefined }, () => done.push("noted"));
  assert.equal(await stores.events.findEvent("1"), "event 1");
  await stores.events.listEvents();
  await stores.events.countEvents();
  await stores.events.hasEvent();
  assert.deepEqual(done.splice(0), ["listed", "counted", "looked"]);
  await stores.events.append("2");
  assert.deepEqual(done, ["noted", "appended 2"]);
  assert.equal(stores.nothing, undefined);
});
