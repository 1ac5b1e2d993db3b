import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const script = join(import.meta.dirname, "../../scripts/test.ts");

function runTests(fixture: string, ...parameters: string[]) {
  const cwd = join(import.meta.dirname, "fixtures/test-runs", fixture);
  const limits = ["--test-timeout", "1500", "--idle-timeout", "2000"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...limits, ...parameters], {
    cwd,
    encoding: "utf8",
  });
  return { status, stdout, stderr, lastLine: stdout.trimEnd().split("\n").at(-1) };
}

test("a run without failures ends with its counts and exit code 0, and leaves the soak tests out", () => {
  const run = runTests("all-well");
  assert.equal(run.lastLine, "3 passed, 0 failed, 1 skipped");
  assert.equal(run.status, 0, run.stdout);
});

test("a file is chosen by its path or by a part of it", () => {
  assert.equal(runTests("all-well", "test/one.test.ts").lastLine, "2 passed, 0 failed");
  assert.equal(runTests("all-well", "./test/one.test.ts").lastLine, "2 passed, 0 failed");
  assert.equal(runTests("all-well", "inner").lastLine, "1 passed, 0 failed, 1 skipped");
});

test("a test is chosen by its name", () => {
  const run = runTests("all-well", "--grep", "^second$");
  assert.equal(run.lastLine, "1 passed, 0 failed");
  assert.equal(run.status, 0);
});

test("a run of no test fails", () => {
  for (const run of [
    runTests("no-test"),
    runTests("all-well", "no-such-file"),
    runTests("all-well", "--grep", "nothing"),
  ]) {
    assert.equal(run.lastLine, "0 passed, 0 failed");
    assert.equal(run.status, 1);
  }
});

test("a file that fails, hangs, does not load, ends early, leaves something open or has no test fails the run", () => {
  const { stdout, status, lastLine } = runTests("every-outcome");
  assert.equal(status, 1);
  assert.equal(lastLine, "5 passed, 12 failed, 2 skipped", stdout);

  const failed = stdout.slice(stdout.indexOf("\nfailed:")).match(/(?<=^ {4}).+/gm);
  assert.deepEqual(failed?.sort(), [
    "test/does-not-load.test.ts: test/does-not-load.test.ts",
    "test/empty.test.ts: test/empty.test.ts",
    "test/exits-early.test.ts: test/exits-early.test.ts",
    "test/hook.test.ts: a suite whose hook throws",
    "test/hook.test.ts: a suite whose hook throws > never runs",
    "test/leaves-open.test.ts: test/leaves-open.test.ts",
    "test/outcomes.test.ts: a parent > fails too",
    "test/outcomes.test.ts: a suite > fails",
    "test/outcomes.test.ts: hangs",
    "test/outcomes.test.ts: test/outcomes.test.ts",
    "test/throws-late.test.ts: test/throws-late.test.ts",
  ]);
});

test("a failure is printed in full, with what the file wrote and what its tests noted", () => {
  const { stdout } = runTests("every-outcome", "outcomes");
  for (const words of ["the reason", "the deeper reason", "words of the failing file", "note: seed 42", "timed out"]) {
    assert.ok(stdout.includes(words), `${words}\n${stdout}`);
  }
});
