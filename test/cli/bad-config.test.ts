import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serverCertificate } from "../support/tls/certificates.ts";
import { runClaviger, temporaryFolder } from "./run-claviger.ts";

const line = 'keys.max_one_time_keys: "many" is not allowed: a whole number from 1 to 5000';
const bad = "server_name: localhost\nkeys: { max_one_time_keys: many }\n";

for (const args of [["serve"], ["migrate"], ["register", "-u", "alice", "-p", "sesame"]]) {
  test(`${args[0]} with a bad config exits with 2 and one line, no stack`, async (context) => {
    const folder = temporaryFolder(context);
    writeFileSync(join(folder, "bad.yaml"), bad);
    const ended = await runClaviger([...args, "--config", "bad.yaml"], { folder });
    assert.deepEqual(ended, { code: 2, stdout: "", stderr: `claviger: ${line}\n` });
  });
}

test("start with a bad claviger.yaml leaves it alone and exits with 2", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), bad);
  assert.deepEqual(await runClaviger(["start"], { folder }), { code: 2, stdout: "", stderr: `claviger: ${line}\n` });
});

test("a config file that is not there is one line; without --config it is claviger.yaml", async (context) => {
  const stderr =
    "claviger: claviger.yaml cannot be read: there is no such file (`claviger generate-config` prints one)\n";
  assert.deepEqual(await runClaviger(["serve"], { folder: temporaryFolder(context) }), { code: 2, stdout: "", stderr });
});

test("a variable of the environment that names no key is one line", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\n");
  const ended = await runClaviger(["serve"], { folder, environment: { CLAVIGER_LOG_LEVEL: "debug" } });
  assert.equal(ended.code, 2);
  assert.equal(
    ended.stderr,
    "claviger: CLAVIGER_LOG_LEVEL: unknown variable of the environment: did you mean CLAVIGER_LOG__LEVEL?\n",
  );
});

for (const [what, file, problem] of [
  ["is not there", "missing.pem", "ENOENT"],
  ["is none", "bad.yaml", "PEM"],
] as const) {
  test(`a listener's certificate that ${what} is one line, before the database is opened`, async (context) => {
    const folder = temporaryFolder(context);
    const tls = { ...serverCertificate, certificate: file };
    const config = { server_name: "localhost", log: { level: "debug" }, listeners: [{ port: 0, tls }] };
    writeFileSync(join(folder, "bad.yaml"), JSON.stringify(config));
    const ended = await runClaviger(["serve", "--config", "bad.yaml"], { folder });
    assert.deepEqual([ended.code, ended.stdout], [1, ""]);
    assert.match(
      ended.stderr,
      new RegExp(`^claviger: a listener cannot use [^\\n]*${file}[^\\n]*${problem}[^\\n]*\\n$`),
    );
  });
}
