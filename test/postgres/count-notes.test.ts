import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createStores, type Stores } from "../../src/adapters/sql/create-stores.ts";
import { openPostgres } from "../../src/adapters/sql/dialect/postgres/open-postgres.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { laptop, noon, phone } from "../stores/owners.ts";
import { createTestDatabase } from "../support/postgres/run-cluster.ts";
import { gate } from "../workers/gate.ts";
import { temporaryFolder } from "./note-databases.ts";
import { tidyLater } from "./tidy.ts";

/** Two transactions at once, each of which may be held up in the middle. */
async function openNotes(t: TestContext) {
  const { url, drop } = await createTestDatabase();
  tidyLater(t, drop);
  const database = await openPostgres(
    {
      ...{ url, listenUrl: undefined, poolSize: 4, preparedStatements: "on", processId: "notes" },
      ...{ dataDir: temporaryFolder(t), serverName: "example.org", clock: systemClock, role: "server" },
      // Gates are not stores.
      ...{ watchdog: false, timer: () => undefined, wake: () => undefined, wakeAll: () => undefined },
      onRestore: async () => undefined,
    },
    createStores,
  );
  tidyLater(t, () => database.close());
  const { unitOfWork } = database;
  const note = (...owners: (typeof phone)[]) =>
    unitOfWork.run({}, ({ appserviceQueue }) => appserviceQueue.noteCounts("bridge", owners, noon));
  const take = async () =>
    (await unitOfWork.run({}, ({ appserviceQueue }) => appserviceQueue.takeNotedCounts("bridge", 10))).map(
      ({ deviceId }): string => deviceId,
    );
  /** Resolves when `work` is through; the transaction goes on until it is let go. */
  const hold = async (work: (stores: Stores) => Promise<unknown>) => {
    const [worked, mayEnd] = [gate(), gate()];
    const ended = unitOfWork.run({}, async (stores) => {
      await work(stores);
      worked.open();
      await mayEnd.opened;
    });
    await worked.opened;
    return async () => {
      mayEnd.open();
      await ended;
    };
  };
  return { note, take, hold };
}

test("C8: a note that a unit under way relies on is told and stays: neither waits", async (t) => {
  const { note, take, hold } = await openNotes(t);
  await note(phone, laptop);
  const letGo = await hold(({ appserviceQueue }) => appserviceQueue.noteCounts("bridge", [phone], noon));
  assert.deepEqual((await take()).sort(), ["LAPTOP", "PHONE"]);
  assert.deepEqual(await take(), ["PHONE"]);
  await letGo();
  assert.deepEqual(await take(), ["PHONE"]);
  assert.deepEqual(await take(), []);
});

test("C8: a note that is being removed is made anew: neither waits", async (t) => {
  const { note, take, hold } = await openNotes(t);
  await note(phone, laptop);
  const letGo = await hold(({ appserviceQueue }) => appserviceQueue.takeNotedCounts("bridge", 10));
  await note(phone);
  await letGo();
  assert.deepEqual(await take(), ["PHONE"]);
  assert.deepEqual(await take(), []);
});

test("C8: two units that note one device do not wait for each other, and it is told once", async (t) => {
  const { note, take, hold } = await openNotes(t);
  const letGoFirst = await hold(({ appserviceQueue }) => appserviceQueue.noteCounts("bridge", [phone, laptop], noon));
  await note(laptop, phone);
  await letGoFirst();
  assert.deepEqual((await take()).sort(), ["LAPTOP", "PHONE"]);
  await note(phone);
  const letGoSecond = await hold(({ appserviceQueue }) => appserviceQueue.noteCounts("bridge", [phone], noon));
  await note(phone);
  await letGoSecond();
  assert.deepEqual(await take(), ["PHONE"]);
  assert.deepEqual(await take(), []);
});

test("C8: who changes counts in the transaction in which they are told has noted it, or is told", async (t) => {
  const { note, take } = await openNotes(t);
  await note(phone);
  // Units that wait together share a transaction.
  const [taken] = await Promise.all([take(), note(phone), note(laptop)]);
  const left = await take();
  assert.ok(taken.includes("PHONE") || left.includes("PHONE"));
  assert.ok(taken.includes("LAPTOP") || left.includes("LAPTOP"));
});
