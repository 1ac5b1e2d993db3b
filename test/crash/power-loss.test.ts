// On SQLite alone: what our own fsyncs of its files promise. Those of PostgreSQL are its own.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { HighWaterFile } from "../../src/adapters/sql/dialect/high-water-file.ts";
import { suspectRestore } from "../../src/adapters/sql/dialect/sqlite/suspect-restore.ts";
import { refuseForeignLog } from "../../src/adapters/sql/dialect/sqlite/write-ahead-log.ts";
import { temporaryFolder } from "../storage/open-notes.ts";
import type { AnsweringWriterOptions } from "./answering-writer.ts";
import { type Fate, RecordedDisk } from "./recorded-disk.ts";
import { seededNumbers } from "./seeded-numbers.ts";
import { parseSystemCalls, type SystemCall, straceOptions } from "./system-calls.ts";

const writer = fileURLToPath(new URL("./answering-writer.ts", import.meta.url));
const recorder = "strace";
const groups = 60;
const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);

/** Why this machine cannot record system calls; `false` when it can. */
function missingRecorder(): string | false {
  const { status, error } = spawnSync(recorder, ["-f", "-o", "/dev/null", "true"]);
  return status === 0
    ? false
    : `strace cannot trace here (${error?.message ?? `exit ${status}`}): no recorder of writes`;
}

/** The system calls of a writer from its first start to its clean end. */
function recordWriter(root: string, log: string): SystemCall[] {
  const options: AnsweringWriterOptions = { folder: join(root, "made", "by it"), prefix: "note", groups };
  execFileSync(recorder, [...straceOptions, "-o", log, process.execPath, writer, JSON.stringify(options)]);
  return parseSystemCalls(readFileSync(log, "latin1"));
}

/** Opens what a power failure left; every answered note must be in it, and nothing of a failed unit. */
function assertNothingLost(folder: string, answered: readonly string[]): void {
  const path = join(folder, "made", "by it", "claviger.db");
  refuseForeignLog(path);
  const database = new Database(path, { fileMustExist: true });
  const column = (sql: string) => database.prepare(sql).pluck().all();
  assert.equal(column("PRAGMA integrity_check")[0], "ok");
  const stored = new Set(column("SELECT filter_id FROM filters") as string[]);
  const announced = new Set(column("SELECT type FROM account_data") as string[]);
  for (const note of answered) assert.ok(stored.has(note) && announced.has(note), `lost: ${note}`);
  for (const note of [...stored, ...announced]) assert.ok(!note.startsWith("failed"), `kept: ${note}`);
  const highWater = new HighWaterFile(join(folder, "made", "by it", "data")).read();
  const commitNumber = column("SELECT commit_number FROM stream")[0] as number;
  const suspicion = suspectRestore({ commitNumber, recordedIdentity: "1:-", identity: "1:-", highWater });
  assert.equal(suspicion, undefined, "E5: power loss is not a restore");
  database.close();
}

test("E4: every answered write survives power loss", { skip: missingRecorder(), timeout: 120_000 }, (t) => {
  t.diagnostic(`CLAVIGER_TEST_SEED=${seed}`);
  const folder = temporaryFolder(t);
  const root = join(folder, "disk");
  mkdirSync(root);
  const calls = recordWriter(root, join(folder, "strace.log"));
  const disk = new RecordedDisk(root);
  const random = seededNumbers(seed);
  const fates: Record<string, Fate> = {
    "only what was synced": () => false,
    "some of the rest": () => random() < 0.5,
    "almost all of the rest": () => random() < 0.97,
    "all of it": () => true,
  };
  const answered: string[] = [];
  let failures = 0;
  for (const call of calls) {
    disk.replay(call);
    const isAnswer = call.name === "write" && call.descriptor === 1;
    if (isAnswer) answered.push(String(call.data).slice(0, -1));
    // At answers, and now and then in the middle of things.
    if (answered.length === 0 || random() > (isAnswer ? 0.2 : 0.01)) continue;
    for (const [name, fate] of Object.entries(fates)) {
      const left = join(folder, `left ${failures++} ${name}`);
      disk.leave(left, fate);
      assertNothingLost(left, answered);
    }
  }
  assert.equal(answered.length, groups * 4);
  t.diagnostic(`${calls.length} system calls, ${answered.length} answers, ${failures} power failures`);
});
