// On SQLite alone: its log is recovered and checkpointed by us. Servers that are killed on PostgreSQL: keys-*.test.ts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { openNotes, temporaryFolder } from "../storage/open-notes.ts";
import type { AnsweringWriterOptions } from "./answering-writer.ts";
import { seededNumbers } from "./seeded-numbers.ts";

const writer = fileURLToPath(new URL("./answering-writer.ts", import.meta.url));
const rounds = Number(process.env["CLAVIGER_CRASH_ROUNDS"] ?? 20);
const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);

/** Lets a writer go on until some answers have come, kills it, and gives all the answers that left it. */
async function answersUntilKilled(folder: string, round: number, random: () => number): Promise<string[]> {
  const options: AnsweringWriterOptions = { folder, prefix: `round ${round}`, groups: 1_000_000 };
  const child = spawn(process.execPath, [writer, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const enough = Math.floor(random() ** 2 * 200);
  const answers: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    answers.push(line);
    if (answers.length !== enough + 1) continue;
    await setTimeout(random() * 5);
    child.kill("SIGKILL");
  }
  const [, signal] = await exit;
  assert.equal(signal, "SIGKILL");
  return answers;
}

function assertAllThere(path: string, answered: readonly string[]): void {
  const database = new Database(path, { readonly: true });
  const column = (sql: string) => database.prepare(sql).pluck().all();
  assert.equal(column("PRAGMA integrity_check")[0], "ok");
  const stored = new Set(column("SELECT filter_id FROM filters") as string[]);
  assert.deepEqual(
    answered.filter((note) => !stored.has(note)),
    [],
  );
  assert.equal(column("SELECT COUNT(*) FROM filters WHERE filter_id LIKE 'failed%'")[0], 0);
  const positions = column("SELECT position FROM account_data ORDER BY position") as number[];
  assert.equal(new Set(positions).size, stored.size);
  assert.ok((positions.at(-1) ?? 0) <= (column("SELECT position FROM stream")[0] as number));
  database.close();
}

test("E4: every answered write survives SIGKILL at any moment, and no failed one does", {
  timeout: 300_000,
}, async (t) => {
  t.diagnostic(`CLAVIGER_TEST_SEED=${seed}`);
  const folder = temporaryFolder(t);
  const random = seededNumbers(seed);
  const answered: string[] = [];
  for (let round = 0; round < rounds; round++) {
    answered.push(...(await answersUntilKilled(folder, round, random)));
    // Every other time the next writer finds what the killed one has left.
    if (round % 2 === 0 && round < rounds - 1) continue;
    const database = await openNotes(folder);
    assert.equal(database.restoreSuspected, undefined, "E5: a crash is not a restore");
    assertAllThere(database.describe()["path"] as string, answered);
    await database.close();
  }
  t.diagnostic(`${answered.length} answered writes in ${rounds} rounds`);
});
