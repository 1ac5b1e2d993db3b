import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { DatabaseOpenError } from "../../src/adapters/sql/database-open-error.ts";
import { openNotes, temporaryFolder, writeNotes } from "./open-notes.ts";

async function assertRefused(opening: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof DatabaseOpenError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

test("folders and files are made for the server's user alone", async (t) => {
  const folder = temporaryFolder(t);
  const database = await openNotes(folder, { path: join(folder, "a", "b", "claviger.db") });
  await database.unitOfWork.run("everything", ({ notes }) => notes.put("one"));
  const mode = (...path: string[]) => statSync(join(folder, ...path)).mode & 0o777;
  assert.deepEqual([mode("a"), mode("a", "b"), mode("data")], [0o700, 0o700, 0o700]);
  for (const file of readdirSync(join(folder, "a", "b"))) assert.equal(mode("a", "b", file), 0o600, file);
  assert.equal(mode("data", "high-water.json"), 0o600);
  await database.close();
});

test("in memory nothing touches the disk", async (t) => {
  const folder = temporaryFolder(t);
  const database = await openNotes(folder, { path: ":memory:" });
  await database.unitOfWork.run("everything", ({ notes }) => notes.put("one"));
  await database.close();
  assert.deepEqual(readdirSync(folder), []);
});

test("E4: what the log says at start is what SQLite does", async (t) => {
  const folder = temporaryFolder(t);
  const database = await openNotes(folder);
  const { synchronous, journalMode, sqliteVersion, path } = database.describe();
  assert.deepEqual([synchronous, journalMode, path], ["full", "wal", join(folder, "claviger.db")]);
  assert.match(String(sqliteVersion), /^3\./);
  await database.close();
  await assert.rejects(database.ping());
});

test("another server name is refused", async (t) => {
  const folder = temporaryFolder(t);
  await writeNotes(folder);
  await assertRefused(openNotes(folder, { serverName: "other.org" }), /server_name example\.org.* other\.org/);
  await writeNotes(folder, "still usable");
});

test("a database of a newer version is refused and left alone", async (t) => {
  const folder = temporaryFolder(t);
  await writeNotes(folder);
  const raw = new Database(join(folder, "claviger.db"));
  raw.pragma("user_version = 999");
  raw.close();
  await assertRefused(openNotes(folder), /schema version 999.*newer server/);
});

test("what is not a database is refused", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "claviger.db"), "Dear diary, ".repeat(1000));
  await assertRefused(openNotes(folder), /not a SQLite database/);
  mkdirSync(join(folder, "folder.db"));
  await assertRefused(openNotes(folder, { path: join(folder, "folder.db") }), /EISDIR|cannot be opened/);
  await assertRefused(openNotes(folder, { path: join(folder, "claviger.db", "below.db") }), /ENOTDIR|EEXIST/);
});

test("a file that may not be read or written is refused", {
  skip: process.getuid?.() === 0 && "root may do everything",
}, async (t) => {
  const folder = temporaryFolder(t);
  await writeNotes(folder, "one");
  chmodSync(join(folder, "claviger.db"), 0o400);
  await assertRefused(openNotes(folder), /may not write/);
  chmodSync(join(folder, "claviger.db"), 0o000);
  await assertRefused(openNotes(folder), /permissions/);
});

test("a database that another program keeps locked is refused", async (t) => {
  const folder = temporaryFolder(t);
  await writeNotes(folder, "one");
  const raw = new Database(join(folder, "claviger.db"));
  raw.pragma("locking_mode = EXCLUSIVE");
  raw.exec("BEGIN IMMEDIATE");
  await assertRefused(openNotes(folder), /another program has locked it/);
  raw.close();
});

test("one server per file, whichever path leads to it", async (t) => {
  const folder = temporaryFolder(t);
  const database = await openNotes(folder);
  symlinkSync(folder, join(folder, "link"));
  symlinkSync(join(folder, "claviger.db"), join(folder, "alias.db"));
  for (const path of ["link/claviger.db", "link/alias.db"]) {
    await assertRefused(openNotes(folder, { path: join(folder, path) }), /another Claviger server/);
  }
  // A refused opening must not have dropped the first server's lock.
  await assertRefused(openNotes(folder), /another Claviger server/);
  await database.close();
  await writeNotes(folder, "the lock is free again");
  assert.ok(existsSync(join(folder, "claviger.db-lock")));
});
