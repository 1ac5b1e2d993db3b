import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import { Checkpoints } from "../../src/adapters/sql/dialect/sqlite/checkpoints.ts";
import { SqliteConnection } from "../../src/adapters/sql/dialect/sqlite/sqlite-connection.ts";
import { bareUnits } from "./bare-units.ts";
import { openNotes, stillClock, temporaryFolder } from "./open-notes.ts";

const never = () => assert.fail("the checkpoint thread died");

async function until(what: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (what()) return;
    await setTimeout(10);
  }
  assert.fail(`never: ${what}`);
}

test("the thread copies the log into the file, and says when the writer must begin it anew", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "claviger.db");
  const { unitOfWork, raw } = bareUnits(folder);
  const put = (text: string) => unitOfWork.run("everything", ({ notes }) => notes.put(text));
  const onLongLog = () => raw.pragma("wal_checkpoint(RESTART)");
  const checkpoints = new Checkpoints({
    path,
    delay: 0,
    interval: 10,
    restartBytes: 50_000,
    onLongLog,
    onDeath: never,
  });
  const size = () => statSync(path).size;
  const before = size();
  for (let index = 0; index < 30; index++) await put(`${index}`.padEnd(2000, "x"));
  await until(() => size() > before);
  // A log that starts anew is overwritten, so it stays as short as it was.
  for (let index = 0; index < 300; index++) {
    await put(`again ${index}`.padEnd(2000, "x"));
    if (index % 10 === 0) await setTimeout(20);
  }
  assert.ok(statSync(`${path}-wal`).size < 1_500_000, `${statSync(`${path}-wal`).size} bytes of log`);
  await checkpoints.stop();
  raw.close();
});

test("a thread that dies is reported, and does no harm", async (t) => {
  const path = join(temporaryFolder(t), "missing.db");
  const death = await new Promise((resolve) => new Checkpoints({ path, delay: 0, onLongLog: never, onDeath: resolve }));
  assert.match(String(death), /unable to open/);
});

test("a stop before the start starts nothing", async (t) => {
  const checkpoints = new Checkpoints({
    path: join(temporaryFolder(t), "missing.db"),
    delay: 5,
    onLongLog: never,
    onDeath: never,
  });
  await checkpoints.stop();
  await setTimeout(30);
});

test("closing leaves one file: the log is in it", async (t) => {
  const folder = temporaryFolder(t);
  const database = await openNotes(folder);
  await database.unitOfWork.run("everything", ({ notes }) => notes.put("one"));
  await setTimeout(1200);
  await database.close();
  await database.close();
  assert.equal(existsSync(join(folder, "claviger.db-wal")), false);
});

test("a log that another process reads is left as it is, without waiting", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "claviger.db");
  const { unitOfWork } = bareUnits(folder);
  await unitOfWork.run("everything", ({ notes }) => notes.put("one"));
  const reader = new Database(path, { readonly: true });
  const reading = reader.prepare("SELECT * FROM filters").iterate();
  reading.next();
  await unitOfWork.run("everything", ({ notes }) => notes.put("two"));
  const connection = new SqliteConnection(path, { readonly: false, clock: stillClock, timer: () => undefined });
  connection.restartLog();
  assert.equal(connection.raw.pragma("busy_timeout", { simple: true }), 2000);
  reading.return?.();
  reader.close();
  connection.restartLog();
  const before = statSync(`${path}-wal`).size;
  await unitOfWork.run("everything", ({ notes }) => notes.put("three"));
  assert.equal(statSync(`${path}-wal`).size, before);
});
