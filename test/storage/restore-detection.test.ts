import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { killedWriter } from "./killed-writer.ts";
import { listNotes, openNotes, temporaryFolder, writeNotes } from "./open-notes.ts";

const numbered = (count: number, name = "note") => Array.from({ length: count }, (_, index) => `${name} ${index}`);
const database = (folder: string) => join(folder, "claviger.db");
const highWater = (folder: string) => join(folder, "data", "high-water.json");

async function suspicion(folder: string): Promise<string | undefined> {
  const opened = await openNotes(folder);
  await opened.close();
  return opened.restoreSuspected;
}

/** A clean stop, a backup, more commits and a clean stop. */
async function backedUp(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  await writeNotes(folder, "before");
  copyFileSync(database(folder), join(folder, "backup"));
  await writeNotes(folder, "after");
  return folder;
}

test("E5: a new database, and clean stops and starts, raise no suspicion", async (t) => {
  const folder = temporaryFolder(t);
  for (let start = 0; start < 4; start++) assert.equal(await suspicion(folder), undefined);
  await writeNotes(folder, ...numbered(130));
  for (let start = 0; start < 3; start++) assert.equal(await suspicion(folder), undefined);
});

test("E5: starts after SIGKILL raise no suspicion, wherever in a block it came", { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder(t);
  for (const [round, commits] of [0, 1, 63, 1, 64, 65].entries()) {
    await killedWriter(folder, numbered(commits, `round ${round}`));
    const opened = await openNotes(folder);
    assert.equal(opened.restoreSuspected, undefined, `after ${commits} commits`);
    await opened.close();
  }
});

test("E5: a backup copied into the place of the file is noticed", async (t) => {
  const folder = await backedUp(t);
  copyFileSync(join(folder, "backup"), database(folder));
  assert.match((await suspicion(folder)) ?? "", /is at commit \d+, but data_dir remembers .* commit \d+$/);
});

test("E5: a backup as a new file is noticed, even at the same commit", async (t) => {
  const folder = temporaryFolder(t);
  await writeNotes(folder, "before");
  assert.equal(await suspicion(folder), undefined);
  copyFileSync(database(folder), join(folder, "backup"));
  rmSync(database(folder));
  renameSync(join(folder, "backup"), database(folder));
  assert.match((await suspicion(folder)) ?? "", /copied or replaced/);
});

test("E5: a backup after SIGKILL is noticed once more than a block was committed since", async (t) => {
  const folder = temporaryFolder(t);
  await writeNotes(folder, "before");
  copyFileSync(database(folder), join(folder, "backup"));
  await killedWriter(folder, numbered(100));
  for (const log of ["-wal", "-shm"]) rmSync(database(folder) + log, { force: true });
  copyFileSync(join(folder, "backup"), database(folder));
  assert.match((await suspicion(folder)) ?? "", /is at commit \d+, .* between \d+ and \d+$/);
});

test("E5: a backup after SIGKILL is noticed however little was committed since, as long as it is of an earlier run", async (t) => {
  for (const commits of [1, 5, 63]) {
    const folder = temporaryFolder(t);
    await writeNotes(folder, "before");
    copyFileSync(database(folder), join(folder, "backup"));
    await killedWriter(folder, numbered(commits));
    for (const log of ["-wal", "-shm"]) rmSync(database(folder) + log, { force: true });
    copyFileSync(join(folder, "backup"), database(folder));
    assert.match((await suspicion(folder)) ?? "", /but data_dir remembers/, `after ${commits} commits`);
  }
});

test("E5: a backup laid under the log of a killed server is refused until the log is deleted", async (t) => {
  const folder = await backedUp(t);
  await killedWriter(folder, numbered(10));
  copyFileSync(join(folder, "backup"), database(folder));
  const left = readFileSync(`${database(folder)}-wal`);
  await assert.rejects(openNotes(folder), {
    name: "DatabaseOpenError",
    message: /log has commits \d+ to \d+, the file is at \d+\).* delete .*-wal/,
  });
  assert.deepEqual(readFileSync(`${database(folder)}-wal`), left);
  for (const log of ["-wal", "-shm"]) rmSync(database(folder) + log, { force: true });
  assert.match((await suspicion(folder)) ?? "", /is at commit \d+/);
});

test("E5: a file that is a part of the way through its log is taken as it is", async (t) => {
  const folder = temporaryFolder(t);
  await killedWriter(folder, numbered(5, "a"), { checkpointAfter: 3 });
  assert.ok(existsSync(`${database(folder)}-wal`));
  const opened = await openNotes(folder);
  assert.equal(opened.restoreSuspected, undefined);
  assert.equal((await listNotes(opened)).length, 5);
  await opened.close();
});

test("E5: a log that begins with the numbers that a start has passed over is taken as it is", async (t) => {
  const folder = temporaryFolder(t);
  await killedWriter(folder, ["first"]);
  // As does whoever closes the database as the last one.
  const visitor = new Database(join(folder, "claviger.db"));
  visitor.pragma("wal_checkpoint(TRUNCATE)");
  visitor.close();
  await killedWriter(folder, ["second"]);
  const database = await openNotes(folder);
  assert.equal(database.restoreSuspected, undefined);
  assert.deepEqual(await listNotes(database), ["first", "second"]);
  await database.close();
});

test("E5: a data_dir without its file, with another's, or with rubbish, is suspicious", async (t) => {
  const folder = await backedUp(t);
  const kept = readFileSync(highWater(folder), "utf8");
  rmSync(highWater(folder));
  assert.match((await suspicion(folder)) ?? "", /no high-water\.json/);
  writeFileSync(highWater(folder), "{");
  assert.match((await suspicion(folder)) ?? "", /cannot be understood/);
  writeFileSync(highWater(folder), JSON.stringify({ committed: 0, reserved: 1 }));
  assert.match((await suspicion(folder)) ?? "", /is at commit \d+/);
  writeFileSync(highWater(folder), kept);
  assert.equal(await suspicion(folder), undefined);
});

test("E5: an old high-water file does not make a new database suspicious", async (t) => {
  const folder = await backedUp(t);
  rmSync(database(folder));
  assert.equal(await suspicion(folder), undefined);
});

test("E5: the operator may say so", async (t) => {
  const folder = temporaryFolder(t);
  await writeNotes(folder, "before");
  const told = await openNotes(folder, { restored: true });
  assert.match(told.restoreSuspected ?? "", /--restored/);
  await told.close();
  assert.match((await suspicion(folder)) ?? "", /--restored/, "until it is answered");
});

test("E5: a suspicion stays until it is answered, whatever is committed meanwhile", async (t) => {
  const folder = await backedUp(t);
  copyFileSync(join(folder, "backup"), database(folder));
  // One commit more makes the number what the last clean stop recorded.
  const opened = await openNotes(folder);
  await opened.unitOfWork.run("everything", ({ notes }) => notes.put("meanwhile"));
  await opened.close();
  assert.match((await suspicion(folder)) ?? "", /is at commit \d+/);
  await killedWriter(folder, numbered(70));
  const again = await openNotes(folder);
  assert.match(again.restoreSuspected ?? "", /is at commit \d+/);
  await again.acceptRestore();
  assert.equal(again.restoreSuspected, undefined);
  await again.close();
  assert.equal(await suspicion(folder), undefined);
});

test("E5: an answered restore of a new file is not suspected again, after SIGKILL neither", async (t) => {
  const folder = await backedUp(t);
  rmSync(database(folder));
  copyFileSync(join(folder, "backup"), database(folder));
  const opened = await openNotes(folder);
  assert.ok(opened.restoreSuspected);
  await opened.acceptRestore();
  await opened.close();
  await killedWriter(folder, numbered(3));
  assert.equal(await suspicion(folder), undefined);
});

test("E5: a command beside the server leads to no suspicion, however either ends", async (t) => {
  const folder = temporaryFolder(t);
  const server = await openNotes(folder);
  await server.unitOfWork.run("everything", ({ notes }) => notes.put("server"));
  const command = await openNotes(folder, { role: "command" });
  assert.equal(command.restoreSuspected, undefined);
  for (const text of numbered(70)) await command.unitOfWork.run("everything", ({ notes }) => notes.put(text));
  await server.unitOfWork.run("everything", ({ notes }) => notes.put("server again"));
  await server.close();
  await command.unitOfWork.run("everything", ({ notes }) => notes.put("after the server"));
  await command.close();
  const again = await openNotes(folder);
  assert.equal(again.restoreSuspected, undefined);
  assert.equal((await listNotes(again)).length, 73);
  await again.close();
});

test("E5: a command that finds no server notices a restore and leaves it to be answered", async (t) => {
  const folder = await backedUp(t);
  copyFileSync(join(folder, "backup"), database(folder));
  const command = await openNotes(folder, { role: "command" });
  assert.ok(command.restoreSuspected);
  await command.unitOfWork.run("everything", ({ notes }) => notes.put("command"));
  await command.close();
  assert.ok(await suspicion(folder));
});
