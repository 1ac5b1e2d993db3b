import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { listNotes, openNotes, temporaryFolder } from "./open-notes.ts";

test("a read sees what is committed, and nothing of a unit under way", async (t) => {
  const database = await openNotes(temporaryFolder(t), { watchdog: false });
  await database.unitOfWork.run("everything", ({ notes }) => notes.put("committed"));
  let seen: string[] = [];
  await database.unitOfWork.run("everything", async ({ notes }) => {
    await notes.put("under way");
    await setImmediate();
    seen = await listNotes(database);
  });
  assert.deepEqual(seen, ["committed"]);
  assert.deepEqual(await listNotes(database), ["committed", "under way"]);
  await database.close();
});

test("all that a read asks for is of one snapshot", async (t) => {
  const database = await openNotes(temporaryFolder(t), { watchdog: false });
  const put = (text: string) => database.unitOfWork.run("everything", ({ notes }) => notes.put(text));
  await put("one");
  const [before, after] = await database.snapshots.read(async ({ notes }) => {
    const first = await notes.listNotes();
    await put("two");
    return [first, await notes.listNotes()];
  });
  assert.deepEqual([before, after], [["one"], ["one"]]);
  assert.deepEqual(await listNotes(database), ["one", "two"]);
  await database.close();
});

test("a read that fails does not stop the next one", async (t) => {
  const database = await openNotes(temporaryFolder(t));
  const failed = database.snapshots.read(() => Promise.reject(new Error("no")));
  const next = listNotes(database);
  await assert.rejects(failed, /no/);
  assert.deepEqual(await next, []);
  await database.close();
});

test("in memory, reads and units take turns on one connection", async (t) => {
  const folder = temporaryFolder(t);
  const database = await openNotes(folder, { path: ":memory:" });
  const [, notes] = await Promise.all([
    database.unitOfWork.run("everything", async ({ notes }) => {
      await notes.put("one");
      await notes.put("two");
    }),
    setImmediate().then(() => listNotes(database)),
  ]);
  assert.ok(notes.length === 0 || notes.length === 2);
  await database.ping();
  assert.equal(database.restoreSuspected, undefined);
  await database.close();
});
