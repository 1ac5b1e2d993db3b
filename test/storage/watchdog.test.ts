import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { bareUnits } from "./bare-units.ts";
import { openNotes, temporaryFolder } from "./open-notes.ts";

test("a unit that awaits something else is rejected, rolled back, and cannot write later", async (t) => {
  const { unitOfWork, notes } = bareUnits(temporaryFolder(t), { watchdog: true });
  const held = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const slow = unitOfWork.run("everything", async ({ notes }) => {
    await notes.put("early");
    await held.promise;
    await notes.put("late").catch(late.resolve);
  });
  await assert.rejects(slow, /awaited something other than its stores/);
  await unitOfWork.run("everything", ({ notes }) => notes.put("next"));
  held.resolve();
  assert.match(String(await late.promise), /after its unit of work had ended/);
  await unitOfWork.run("everything", ({ notes }) => notes.put("other"));
  assert.deepEqual(notes(), ["next", "other"]);
});

test("a unit that forgets an await is rejected", async (t) => {
  const { unitOfWork, notes } = bareUnits(temporaryFolder(t), { watchdog: true });
  const hasty = unitOfWork.run("everything", async ({ notes }) => {
    void notes.put("forgotten");
  });
  await assert.rejects(hasty, /an await is missing/);
  await unitOfWork.run("everything", ({ notes }) => notes.put("next"));
  assert.deepEqual(notes(), ["next"]);
});

test("long groups of quick units do not wake the watchdog", async (t) => {
  const { unitOfWork } = bareUnits(temporaryFolder(t), { watchdog: true });
  await Promise.all(
    Array.from({ length: 1000 }, (_, index) =>
      unitOfWork.run("everything", async ({ notes }) => {
        await notes.put(`${index}`);
        assert.ok((await notes.listNotes()).length > 0);
      }),
    ),
  );
});

test("without the watchdog a slow unit keeps the others out until it has ended", async (t) => {
  const { unitOfWork, notes } = bareUnits(temporaryFolder(t));
  const held = Promise.withResolvers<void>();
  const slow = unitOfWork.run("everything", async ({ notes }) => {
    await notes.put("early");
    await held.promise;
    await notes.put("late");
  });
  const other = unitOfWork.run("everything", ({ notes }) => notes.put("other"));
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  assert.deepEqual(notes(), ["early"]);
  held.resolve();
  await Promise.all([slow, other]);
  assert.deepEqual(notes(), ["early", "late", "other"]);
});

test("without the watchdog what a unit writes after its end is refused outside transactions", async (t) => {
  const { unitOfWork, notes } = bareUnits(temporaryFolder(t));
  const late = Promise.withResolvers<unknown>();
  await unitOfWork.run("everything", async ({ notes }) => {
    void setImmediate().then(() => notes.put("late").catch(late.resolve));
  });
  assert.match(String(await late.promise), /outside a transaction/);
  assert.deepEqual(notes(), []);
});

test("reads that await something else are rejected too", async (t) => {
  const database = await openNotes(temporaryFolder(t));
  await assert.rejects(
    database.snapshots.read(() => new Promise(() => undefined)),
    /awaited something other than its stores/,
  );
  await database.close();
});
