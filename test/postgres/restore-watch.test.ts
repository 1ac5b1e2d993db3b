import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { HighWaterFile } from "../../src/adapters/sql/dialect/high-water-file.ts";
import {
  type DatabaseFacts,
  RestoreWatch,
  reservedBlock,
} from "../../src/adapters/sql/dialect/postgres/restore-watch.ts";
import { temporaryFolder } from "./note-databases.ts";

const facts: DatabaseFacts = {
  identity: "7:00000001:16384:16385",
  timeline: "00000001",
  recordedIdentity: "7:00000001:16384:16385",
  commit_number: 100,
};

function fileIn(t: TestContext, content?: object | string): HighWaterFile {
  const file = new HighWaterFile(temporaryFolder(t), "high-water-postgres.json");
  if (content !== undefined) writeFileSync(file.path, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

interface StartCase {
  readonly name: string;
  readonly facts?: Partial<DatabaseFacts>;
  readonly file?: object | string;
  readonly restored?: boolean;
  readonly suspects?: RegExp;
}

const starts: readonly StartCase[] = [
  { name: "a new database", facts: { recordedIdentity: undefined, commit_number: 1 } },
  {
    name: "a new database beside an old file",
    facts: { recordedIdentity: undefined, commit_number: 1 },
    file: { committed: 900, reserved: 900 },
  },
  { name: "a new process" },
  { name: "a clean stop", file: { committed: 100, reserved: 100 } },
  { name: "a kill with numbers reserved", file: { committed: 90, reserved: 90 + reservedBlock } },
  { name: "others that have gone on", facts: { commit_number: 5000 }, file: { committed: 90, reserved: 90 } },
  {
    name: "a backup",
    facts: { commit_number: 99 },
    file: { committed: 100, reserved: 100 },
    suspects: /at transaction 99, but data_dir remembers that it was at 100/,
  },
  { name: "another cluster", facts: { identity: "8:00000001:16384:16385" }, suspects: /not the one/ },
  { name: "another timeline", facts: { identity: "7:00000002:16384:16385" }, suspects: /not the one/ },
  {
    name: "a copy of the database",
    facts: { identity: "7:00000001:16999:16385" },
    file: { committed: 1, reserved: 1 },
    suspects: /not the one/,
  },
  { name: "an unreadable file", file: "{", suspects: /cannot be understood/ },
  {
    name: "an unanswered suspicion",
    facts: { commit_number: 200 },
    file: { committed: 100, reserved: 100, suspected: "long ago" },
    suspects: /long ago/,
  },
  { name: "the operator says so", file: { committed: 100, reserved: 100 }, restored: true, suspects: /--restored/ },
];

for (const { name, facts: overrides, file, restored, suspects } of starts) {
  test(`E5: at the start, ${name} is ${suspects ? "suspicious" : "well"}`, (t) => {
    const watch = new RestoreWatch(fileIn(t, file));
    watch.judgeStart({ ...facts, ...overrides }, restored ?? false);
    if (suspects) assert.match(watch.suspected ?? "", suspects);
    else assert.equal(watch.suspected, undefined);
  });
}

test("E5: while serving, another timeline or a lower number is suspicious, and only the first who sees it tells", (t) => {
  const watch = new RestoreWatch(fileIn(t));
  watch.judgeStart(facts, false);
  watch.trust(facts.timeline, 100);
  assert.equal(watch.judge({ timeline: "00000001", commit_number: 101 }, watch.committed + 1), undefined);
  watch.noteCommit(101);
  watch.noteCommit(99);
  assert.equal(watch.committed, 101, "transactions end in any order");
  assert.equal(watch.judge({ timeline: "00000001", commit_number: 101 }, watch.committed), undefined);
  assert.match(
    watch.judge({ timeline: "00000001", commit_number: 100 }, watch.committed) ?? "",
    /at transaction 100, .* 101/,
  );
  assert.match(watch.judge({ timeline: "00000002", commit_number: 900 }, watch.committed) ?? "", /timeline 00000002/);
  assert.equal(watch.suspect("one"), true);
  assert.equal(watch.suspect("other"), false);
  assert.equal(watch.suspected, "one");
});

test("E5: a suspicion is in the file until it is answered, through a restart and a clean end too", (t) => {
  const file = fileIn(t);
  const watch = new RestoreWatch(file);
  watch.judgeStart(facts, false);
  watch.trust(facts.timeline, 100);
  watch.suspect("the database went back");
  watch.reserve(2000);
  watch.close();
  const next = new RestoreWatch(file);
  next.judgeStart({ ...facts, commit_number: 9000 }, false);
  assert.equal(next.suspected, "the database went back");
  next.trust(facts.timeline, 9001);
  assert.equal(next.suspected, undefined);
  const after = new RestoreWatch(file);
  after.judgeStart({ ...facts, commit_number: 9001 }, false);
  assert.equal(after.suspected, undefined);
});

test("E5: no number is committed before it is reserved in the file, which is written once a block", (t) => {
  const file = fileIn(t);
  const watch = new RestoreWatch(file);
  watch.judgeStart(facts, false);
  watch.trust(facts.timeline, 100);
  let writes = 0;
  let content = "";
  for (let number = 101; number <= 100 + 4 * reservedBlock; number++) {
    watch.reserve(number);
    const now = readFileSync(file.path, "utf8");
    if (now !== content) writes++;
    content = now;
    assert.ok((file.read() as { reserved: number }).reserved >= number);
    watch.noteCommit(number);
  }
  assert.ok(writes <= 5, `${writes} writes`);
  watch.close();
  const last = 100 + 4 * reservedBlock;
  assert.deepEqual(file.read(), { committed: last, reserved: last });
});

test("E5: a start passes all numbers that may have been committed, so that every earlier backup has a lower one", (t) => {
  const killed = new RestoreWatch(fileIn(t, { committed: 90, reserved: 90 + reservedBlock }));
  const count = killed.numbersToPass(facts);
  assert.equal(facts.commit_number + count, 90 + reservedBlock + 1);
  assert.equal(new RestoreWatch(fileIn(t, { committed: 90, reserved: 90 })).numbersToPass(facts), 1);
  assert.equal(new RestoreWatch(fileIn(t)).numbersToPass(facts), 1);
});

test("E5: a command leaves no trace", () => {
  const watch = new RestoreWatch(undefined);
  watch.judgeStart(facts, false);
  watch.trust(facts.timeline, 100);
  watch.reserve(2000);
  watch.close();
  assert.equal(watch.suspected, undefined);
});
