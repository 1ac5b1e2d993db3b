import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runClaviger, temporaryFolder } from "./run-claviger.ts";

test("doctor finds nothing wrong with an installation that has an account, a line for each check", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\n");
  await runClaviger(["register", "-u", "alice", "-p", "sesame"], { folder });
  const { code, stdout, stderr } = await runClaviger(["doctor"], { folder });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines[0], "ok   config: claviger.yaml");
  assert.ok(lines.length > 4);
  for (const line of lines) assert.match(line, /^ok {3}[^:]+: \S/);
});

test("doctor tells of a bad config in a line, and exits with 1", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\nlog: { level: loud }\n");
  const { code, stdout, stderr } = await runClaviger(["doctor"], { folder });
  assert.deepEqual({ code, stderr }, { code: 1, stderr: "" });
  assert.match(stdout, /^FAIL config: log\.level: "loud" is not allowed: .+\n$/);
});

test("doctor tells of a database that is none, and exits with 1", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\n");
  mkdirSync(join(folder, "data"));
  writeFileSync(
    join(folder, "data/claviger.db"),
    "this is not a database, and long enough to be seen as none ".repeat(20),
  );
  const { code, stdout } = await runClaviger(["doctor"], { folder });
  assert.equal(code, 1);
  assert.match(stdout, /^ok {3}config: /);
  assert.match(stdout, /^FAIL /m);
});
