import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { takeLease } from "../../src/domain/kernel/lease.ts";
import { forgetOldTransactions } from "../../src/domain/to-device/forget-old-transactions.ts";
import { type CleaningTask, startCleaner } from "../../src/workers/cleaner.ts";
import { attemptInterval, leaseLifetime } from "../../src/workers/leased-worker.ts";
import { type House, openHouse } from "../domain/open-house.ts";
import { phone } from "../stores/owners.ts";
import { gate } from "./gate.ts";

const tenMinutes = 10 * 60_000;

test("each task runs once a round, also after one that fails, and again after ten minutes", async (t) => {
  const house = await openHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { told, log } = listener();
  const ran: string[] = [];
  let last = gate();
  const stop = startCleaner({
    alone: false,
    ...{ holder: "a", unitOfWork: house.unitOfWork, clock: house.clock, log },
    tasks: [
      { name: "fails", run: () => Promise.reject(new Error("no luck")) },
      { name: "works", run: (unitOfWork) => unitOfWork.run({}, async () => void ran.push("works")) },
      { name: "last", run: async () => last.open() },
    ],
  });
  t.mock.timers.tick(attemptInterval);
  await last.opened;
  last = gate();
  house.clock.advance(tenMinutes);
  await settled(house);
  t.mock.timers.tick(attemptInterval);
  await last.opened;
  await stop();
  assert.deepEqual(ran, ["works", "works"]);
  assert.deepEqual(told, ["cleaning failed: fails", "cleaning failed: fails"]);
});

test("what is too old is forgotten through the tasks' unit of work", async (t) => {
  const house = await openHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const longAgo = house.clock.now() - 2 * 24 * 3600_000;
  await house.unitOfWork.run("everything", ({ toDevice }) => toDevice.rememberTransaction(phone, "a", "1", longAgo));
  const done = gate();
  const stop = startCleaner({
    alone: false,
    ...{ holder: "a", unitOfWork: house.unitOfWork, clock: house.clock, log: listener().log },
    tasks: [
      { name: "transactions", run: (unitOfWork) => forgetOldTransactions({ ...house, unitOfWork }) },
      { name: "last", run: async () => done.open() },
    ],
  });
  t.mock.timers.tick(attemptInterval);
  await done.opened;
  await stop();
  assert.deepEqual(await house.rows("to_device_sent"), []);
});

test("a cleaner that has lost its lease leaves the other tasks to its successor", async (t) => {
  const house = await openHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { told, log } = listener();
  const tried = gate();
  const ran: string[] = [];
  const overtaken: CleaningTask<Stores> = {
    name: "overtaken",
    run: async (unitOfWork) => {
      house.clock.advance(leaseLifetime);
      await takeLease(house.unitOfWork, "cleaner", "b", leaseLifetime);
      await unitOfWork.run({}, async () => void ran.push("in vain")).finally(tried.open);
    },
  };
  const stop = startCleaner({
    alone: false,
    ...{ holder: "a", unitOfWork: house.unitOfWork, clock: house.clock, log },
    tasks: [overtaken, { name: "later", run: async () => void ran.push("later") }],
  });
  t.mock.timers.tick(attemptInterval);
  await tried.opened;
  await stop();
  assert.deepEqual(ran, []);
  assert.deepEqual(told, ["background work was taken over by another process: cleaner"]);
});

/** Resolves when the units before are through, and what waited for them has gone on. */
async function settled({ unitOfWork }: House): Promise<void> {
  await unitOfWork.run({}, async () => undefined);
  await new Promise((resolve) => setImmediate(resolve));
}

function listener() {
  const told: string[] = [];
  const tell = (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void told.push(`${message}: ${fields["task"] ?? fields["work"]}`);
  return { told, log: { debug: () => undefined, warn: tell, error: tell } };
}
