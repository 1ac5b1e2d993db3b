import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

const script = join(import.meta.dirname, "../../scripts/ensure-installed.mjs");

// A repository with a lockfile, and an `npm` that notes how it was called instead of fetching anything.
let repository: string;
beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), "claviger-install-"));
  writeLockfile("1.0.0");
  mkdirSync(join(repository, "bin"));
  writeNpm("sleep 0.5; mkdir -p node_modules/node/bin; echo binary > node_modules/node/bin/node");
});
afterEach(() => rmSync(repository, { recursive: true }));

function writeLockfile(version: string): void {
  const packages = {
    "": {},
    "node_modules/yaml": { version },
    "node_modules/other-platform": { version, optional: true },
  };
  writeFileSync(join(repository, "package-lock.json"), JSON.stringify({ packages }));
}

function writeNpm(does: string): void {
  writeFileSync(join(repository, "bin/npm"), `#!/bin/sh\necho "$*" "PATH=$PATH" >> calls\n${does}\n`, { mode: 0o755 });
}

function calls(): string[] {
  const file = join(repository, "calls");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

function ensureInstalled(): Promise<{ code: number | null; output: string }> {
  const path = [join(repository, "node_modules/.bin"), join(repository, "bin"), process.env.PATH].join(delimiter);
  const child = spawn(process.execPath, [script, repository], { env: { ...process.env, PATH: path } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((done) => child.on("close", (code) => done({ code, output })));
}

test("the first run installs, development packages too, and the next one does nothing and says nothing", async () => {
  assert.equal((await ensureInstalled()).code, 0);
  assert.match(calls()[0] ?? "", /^ci --include=dev /);
  assert.deepEqual(await ensureInstalled(), { code: 0, output: "" });
  assert.equal(calls().length, 1);
});

test("a changed lockfile installs again", async () => {
  await ensureInstalled();
  writeLockfile("1.0.1");
  await ensureInstalled();
  assert.equal(calls().length, 2);
});

test("npm does not run on the Node.js that it is about to delete", async () => {
  await ensureInstalled();
  assert.ok(!calls()[0]?.includes(join(repository, "node_modules")));
});

test("of several runs at the same time one installs and the others wait for it", async () => {
  const runs = await Promise.all([ensureInstalled(), ensureInstalled(), ensureInstalled()]);
  assert.deepEqual(
    runs.map((run) => run.code),
    [0, 0, 0],
  );
  assert.equal(calls().length, 1);
});

test("the lock of a process that is dead is taken over, by one of several", async () => {
  mkdirSync(join(repository, ".install-lock"));
  writeFileSync(join(repository, ".install-lock/99999999"), "");
  await Promise.all([ensureInstalled(), ensureInstalled()]);
  assert.equal(calls().length, 1);
});

test("the lock of a process id that lives again as another process is taken over when nobody has touched it for long", async () => {
  const lock = join(repository, ".install-lock", String(process.pid));
  mkdirSync(join(repository, ".install-lock"));
  writeFileSync(lock, "");
  utimesSync(lock, new Date(0), new Date(0));
  assert.equal((await ensureInstalled()).code, 0);
  assert.equal(calls().length, 1);
});

test("no lock is left behind", async () => {
  await Promise.all([ensureInstalled(), ensureInstalled()]);
  assert.deepEqual(
    readdirSync(repository).filter((name) => name.includes("lock")),
    ["package-lock.json"],
  );
});

test("an install that fails ends with npm's exit code and one clear line, and is tried again the next time", async () => {
  writeNpm("exit 7");
  const { code, output } = await ensureInstalled();
  assert.equal(code, 7);
  assert.match(output, /^installing dependencies failed: npm ci exited with 7$/m);
  await ensureInstalled();
  assert.equal(calls().length, 2);
});

test("an install without its pinned Node.js is a failure", async () => {
  writeNpm("mkdir -p node_modules");
  const { code, output } = await ensureInstalled();
  assert.equal(code, 1);
  assert.match(output, /the pinned Node\.js .* is not there/);
});

test("what somebody has installed by hand is kept when it is what the lockfile says", async () => {
  mkdirSync(join(repository, "node_modules/node/bin"), { recursive: true });
  writeFileSync(join(repository, "node_modules/node/bin/node"), "binary");
  const packages = { "node_modules/yaml": { version: "1.0.0" } };
  writeFileSync(join(repository, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
  await ensureInstalled();
  assert.equal(calls().length, 0);
  writeLockfile("1.0.1");
  await ensureInstalled();
  assert.equal(calls().length, 1);
});
