import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { takeFileLock } from "../../src/adapters/sql/dialect/sqlite/file-lock.ts";
import { openNotes, temporaryFolder } from "./open-notes.ts";

const holder = `
  import { takeFileLock } from ${JSON.stringify(import.meta.resolve("../../src/adapters/sql/dialect/sqlite/file-lock.ts"))};
  const lock = takeFileLock(process.argv[1], 0);
  console.log(lock ? "locked" : "refused");
  // A lock that nobody can release any more may be collected, and is then gone.
  setTimeout(() => lock?.release(), 60_000);
`;

/** A process that tries to take the lock, says what came of it, and stays. */
async function otherProcess(path: string) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", holder, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const kill = async (signal: NodeJS.Signals) => {
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  };
  return { line, kill };
}

test("the lock keeps other processes out and dies with its own, by SIGKILL too", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "claviger.db");
  const first = await otherProcess(path);
  const second = await otherProcess(path);
  assert.deepEqual([first.line, second.line], ["locked", "refused"]);
  await assert.rejects(openNotes(folder), {
    name: "DatabaseOpenError",
    message: /another Claviger server is using it/,
  });
  await first.kill("SIGKILL");
  const database = await openNotes(folder);
  const third = await otherProcess(path);
  assert.equal(third.line, "refused");
  await database.close();
  for (const process of [second, third]) await process.kill("SIGTERM");
});

test("within a process the lock is exclusive too, and can be taken again", (t) => {
  const path = join(temporaryFolder(t), "claviger.db");
  const lock = takeFileLock(path, 0);
  assert.ok(lock);
  assert.equal(takeFileLock(path, 0), undefined);
  lock.release();
  const again = takeFileLock(path, 0);
  assert.ok(again);
  again.release();
});

test("commands work before the server and beside it", async (t) => {
  const folder = temporaryFolder(t);
  const command = await openNotes(folder, { role: "command" });
  await command.unitOfWork.run("everything", ({ notes }) => notes.put("command"));
  await command.close();
  const server = await openNotes(folder);
  const guest = await openNotes(folder, { role: "command" });
  await guest.unitOfWork.run("everything", ({ notes }) => notes.put("guest"));
  await server.unitOfWork.run("everything", ({ notes }) => notes.put("server"));
  assert.deepEqual(await server.snapshots.read(({ notes }) => notes.listNotes()), ["command", "guest", "server"]);
  await guest.close();
  await server.close();
});
