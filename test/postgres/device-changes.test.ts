import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { alice, east, laptop, noon, phone, west } from "../stores/owners.ts";
import { gate } from "../workers/gate.ts";
import { openKeys } from "./key-databases.ts";
import { emptyDatabase } from "./note-databases.ts";

const all = 2 ** 52;

/** Two processes on one database; the transactions of the first may be held up in the middle. */
async function openChanges(t: TestContext) {
  const url = await emptyDatabase(t);
  const [first, second] = [await openKeys(t, url), await openKeys(t, url)];
  const note = (...devices: (typeof phone)[]) =>
    second.unitOfWork.run({ exclusive: [alice] }, async ({ federationQueue }) => {
      for (const { deviceId } of devices) await federationQueue.noteChange([west, east], alice, deviceId);
    });
  const list = () =>
    second.snapshots.read(async ({ federationQueue }) =>
      (await federationQueue.listChanges(east, all, 100)).map(({ deviceId }) => String(deviceId)),
    );
  /** Resolves when `work` is through; the transaction goes on until it is let go, and then ends or fails. */
  const hold = async (work: (stores: Stores) => Promise<unknown>, failure?: Error) => {
    const [worked, mayEnd] = [gate(), gate()];
    const ended = first.unitOfWork.run({}, async (stores) => {
      await work(stores);
      worked.open();
      await mayEnd.opened;
      if (failure) throw failure;
    });
    await worked.opened;
    return async () => {
      mayEnd.open();
      await ended;
    };
  };
  return { note, list, hold };
}

test("X6: a change is noted while the one before is being removed: neither waits, nothing is lost", async (t) => {
  const { note, list, hold } = await openChanges(t);
  await note(phone, laptop);
  // It takes a position at its end, for which it would wait if the other one waited for it.
  const letGo = await hold(async ({ federationQueue }) => {
    await federationQueue.removeChangesUpTo(east, all);
    await federationQueue.removeChangesOf(west, alice, all);
    await federationQueue.addMessage(east, "{}", noon);
  });
  await note(phone);
  await letGo();
  assert.deepEqual(await list(), ["PHONE"]);
});

test("X6: a change whose removal failed is told once more at most, and goes with the next", async (t) => {
  const { note, list, hold } = await openChanges(t);
  await note(phone, laptop);
  const failure = new Error("told, and failed");
  const letGo = await hold(({ federationQueue }) => federationQueue.removeChangesUpTo(east, all), failure);
  await note(phone);
  await assert.rejects(letGo(), failure);
  assert.deepEqual(await list(), ["PHONE", "LAPTOP", "PHONE"]);
  await note(phone);
  assert.deepEqual(await list(), ["LAPTOP", "PHONE"]);
});

test("two who remove the same changes, or forget the same messages, do not wait for each other", async (t) => {
  const { note, list, hold } = await openChanges(t);
  await note(phone, laptop);
  const remove = async ({ federationQueue }: Stores) => {
    await federationQueue.removeChangesUpTo(east, all);
    await federationQueue.forgetMessagesBefore(noon + 1, 100);
    await federationQueue.forgetOldestMessages(east, 0);
  };
  await (await hold(({ federationQueue }) => federationQueue.addMessage(east, "{}", noon)))();
  const letGoFirst = await hold(remove);
  const letGoSecond = await hold(remove);
  await letGoSecond();
  await letGoFirst();
  assert.deepEqual(await list(), []);
});
