import assert from "node:assert/strict";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { bareUnits } from "./bare-units.ts";
import { listNotes, openNotes, temporaryFolder } from "./open-notes.ts";

const alice = "@alice:example.org" as UserId;
const unavailable = { name: "StorageUnavailableError" };
const long = (name: string) => name + "x".repeat(3000);

for (const watchdog of [true, false]) {
  test(`E4: on a full disk units fail, nothing is half stored, nobody is woken (watchdog: ${watchdog})`, async (t) => {
    const { unitOfWork, notes, woken, raw, commitNumber } = bareUnits(temporaryFolder(t), { watchdog });
    await unitOfWork.run("everything", ({ notes }) => notes.put("before"));
    const pages = raw.pragma("page_count", { simple: true }) as number;
    raw.pragma(`max_page_count = ${pages + 6}`);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) =>
        unitOfWork.run("everything", async ({ notes }, commit) => {
          commit.wake(alice);
          await notes.put(long(`small ${index} `));
          await notes.announce(long(`announced ${index} `));
        }),
      ),
    );
    const stored = notes().filter((note) => note !== "before");
    const fulfilled = outcomes.filter(({ status }) => status === "fulfilled").length;
    assert.equal(stored.length, fulfilled);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") assert.equal(outcome.reason.name, unavailable.name);
    }
    assert.ok(fulfilled < 30);
    assert.equal(woken.length > 0, fulfilled > 0);

    raw.pragma("max_page_count = 1000000");
    const numberBefore = commitNumber();
    await unitOfWork.run("everything", ({ notes }) => notes.put("zz after"));
    assert.ok(notes().includes("zz after"));
    assert.equal(commitNumber(), numberBefore + 1);
    assert.equal(raw.pragma("integrity_check", { simple: true }), "ok");
  });
}

test("E4: a unit that swallows the error of a full disk stores nothing afterwards", async (t) => {
  const { unitOfWork, notes, raw } = bareUnits(temporaryFolder(t));
  await unitOfWork.run("everything", ({ notes }) => notes.put("before"));
  raw.pragma(`max_page_count = ${(raw.pragma("page_count", { simple: true }) as number) + 2}`);
  const swallowing = unitOfWork.run("everything", async ({ notes }) => {
    for (let index = 0; index < 20; index++) await notes.put(long(`${index}`)).catch(() => undefined);
    raw.pragma("max_page_count = 1000000");
    await notes.put("alone").catch(() => undefined);
  });
  await assert.rejects(swallowing, unavailable);
  assert.deepEqual(notes(), ["before"]);
});

test("E4: a COMMIT that fails rejects every unit of the group and wakes nobody", async (t) => {
  const { unitOfWork, notes, raw, woken } = bareUnits(temporaryFolder(t));
  raw.exec(
    `CREATE TABLE parent (id INTEGER PRIMARY KEY);
     CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED);`,
  );
  raw.pragma("foreign_keys = ON");
  const outcomes = await Promise.allSettled([
    unitOfWork.run("everything", async ({ notes }, commit) => {
      commit.wake(alice);
      await notes.put("one");
    }),
    unitOfWork.run("everything", async ({ notes }) => {
      await notes.put("two");
      raw.exec("INSERT INTO child VALUES (7)");
    }),
    unitOfWork.run("everything", () => Promise.reject(new Error("its own error"))),
  ]);
  for (const outcome of outcomes) {
    assert.equal(outcome.status === "rejected" && outcome.reason.name, unavailable.name);
  }
  assert.deepEqual([notes(), woken, raw.inTransaction], [[], [], false]);
  await unitOfWork.run("everything", ({ notes }) => notes.put("three"));
  assert.deepEqual(notes(), ["three"]);
});

test("E4: a group that cannot begin because another process writes is rejected as unavailable", async (t) => {
  const folder = temporaryFolder(t);
  const { unitOfWork, notes, raw } = bareUnits(folder);
  raw.pragma("busy_timeout = 20");
  const other = new Database(join(folder, "claviger.db"));
  other.exec("BEGIN IMMEDIATE");
  await assert.rejects(
    unitOfWork.run("everything", ({ notes }) => notes.put("one")),
    unavailable,
  );
  other.exec("ROLLBACK");
  other.close();
  await unitOfWork.run("everything", ({ notes }) => notes.put("two"));
  assert.deepEqual(notes(), ["two"]);
});

test("E5: while data_dir cannot be written, no commit goes beyond what is reserved there", async (t) => {
  const folder = temporaryFolder(t);
  const database = await openNotes(folder);
  const put = (text: string) => database.unitOfWork.run("everything", ({ notes }) => notes.put(text));
  renameSync(join(folder, "data"), join(folder, "away"));
  let stored = 0;
  await assert.rejects(async () => {
    for (; stored < 200; stored++) await put(`note ${stored}`);
  }, unavailable);
  assert.equal(stored, 64);
  mkdirSync(join(folder, "data"));
  await put("after");
  assert.equal((await listNotes(database)).length, 65);
  await database.close();
  const again = await openNotes(folder);
  assert.equal(again.restoreSuspected, undefined);
  await again.close();
});
