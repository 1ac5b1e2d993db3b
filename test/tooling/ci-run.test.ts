import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";

const script = join(import.meta.dirname, "../../.ci/run");

/** Runs `.ci/run` where its three steps are these shell commands. */
function runCi(t: TestContext, steps: { install: string; check: string; tests: string }) {
  const folder = mkdtempSync(join(tmpdir(), "claviger-ci-"));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(script, join(folder, ".ci/run"));
  mkdirSync(join(folder, "scripts"));
  mkdirSync(join(folder, "bin"));
  const npm = `case "$*" in *check*) ${steps.check} ;; *) ${steps.tests} ;; esac`;
  writeFileSync(join(folder, "scripts/try-install.sh"), `#!/bin/sh\n${steps.install}\n`, { mode: 0o755 });
  writeFileSync(join(folder, "bin/npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  // What it would install for the tests is none of this test's business.
  writeFileSync(join(folder, "bin/apt-get"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const PATH = join(folder, "bin") + delimiter + process.env.PATH;
  const { status, stdout } = spawnSync(join(folder, ".ci/run"), { env: { ...process.env, PATH }, encoding: "utf8" });
  const totals = stdout.match(/^\d+ passed, \d+ failed.*$/gm);
  assert.equal(totals?.length, 1, stdout);
  assert.equal(stdout.trimEnd().split("\n").at(-1), totals[0]);
  return { status, total: totals[0] };
}

const well = { install: "true", check: "true", tests: "echo ok a; echo '3 passed, 0 failed'" };

test("the last line adds the install and the checks to the tests", (t) => {
  assert.deepEqual(runCi(t, well), { status: 0, total: "5 passed, 0 failed" });
});

test("skipped tests are told", (t) => {
  const tests = "echo '3 passed, 0 failed, 2 skipped'";
  assert.deepEqual(runCi(t, { ...well, tests }), { status: 0, total: "5 passed, 0 failed, 2 skipped" });
});

test("a failing check fails the run, and the tests are run all the same", (t) => {
  assert.deepEqual(runCi(t, { ...well, check: "exit 1" }), { status: 1, total: "4 passed, 1 failed" });
});

test("a failing install fails the run", (t) => {
  assert.deepEqual(runCi(t, { ...well, install: "exit 1" }), { status: 1, total: "4 passed, 1 failed" });
});

test("failing tests fail the run", (t) => {
  const tests = "echo '2 passed, 1 failed'; exit 1";
  assert.deepEqual(runCi(t, { ...well, tests }), { status: 1, total: "4 passed, 1 failed" });
});

test("tests that end without a total fail the run", (t) => {
  assert.deepEqual(runCi(t, { ...well, tests: "echo broken; exit 3" }), { status: 1, total: "2 passed, 1 failed" });
  assert.deepEqual(runCi(t, { ...well, tests: "exit 0" }), { status: 1, total: "2 passed, 1 failed" });
});
