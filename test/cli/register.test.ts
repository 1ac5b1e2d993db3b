import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { freePort, runClaviger, startClaviger, temporaryFolder, untilHealthy } from "./run-claviger.ts";

function folderWithConfig(context: TestContext): string {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\n");
  return folder;
}

test("register makes an account when no server runs, with the password from the command line", async (context) => {
  const folder = folderWithConfig(context);
  const ended = await runClaviger(["register", "-u", "alice", "-p", "sesame", "--admin"], { folder });
  assert.deepEqual(ended, { code: 0, stdout: "Registered @alice:localhost\n", stderr: "" });
});

test("register makes an account while the server runs, with the password from its input", async (context) => {
  const folder = folderWithConfig(context);
  const port = await freePort();
  const running = startClaviger(["serve"], { folder, environment: { CLAVIGER_LISTENERS__0__PORT: String(port) } });
  context.after(() => running.process.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url, running);
  const ended = await runClaviger(["register", "-u", "bob"], { folder, input: "open sesame\n" });
  assert.deepEqual(ended, { code: 0, stdout: "Registered @bob:localhost\n", stderr: "" });
  const identifier = { type: "m.id.user", user: "bob" };
  const answer = await fetch(`${url}/_matrix/client/v3/login`, {
    method: "POST",
    body: JSON.stringify({ type: "m.login.password", identifier, password: "open sesame" }),
  });
  assert.equal(answer.status, 200);
});

test("a name that is taken, and one that is not allowed, are one line without the password", async (context) => {
  const folder = folderWithConfig(context);
  await runClaviger(["register", "-u", "alice", "-p", "sesame"], { folder });
  for (const name of ["alice", "no spaces"]) {
    const { code, stdout, stderr } = await runClaviger(["register", "-u", name, "-p", "sesame"], { folder });
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
    assert.match(stderr, /^claviger: .+\n$/);
    assert.doesNotMatch(stderr, /sesame/);
  }
});

test("a name that an appservice has for itself is refused in one line, without its tokens", async (context) => {
  const bridge = await startTestAppservice();
  context.after(() => bridge.close());
  const folder = temporaryFolder(context);
  // JSON is YAML.
  const config = { server_name: "localhost", appservices: [bridge.registrationFile] };
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  const line = "claviger: This user name is reserved for an application service\n";
  for (const name of ["bridge_ghost", "bridgebot"]) {
    const ended = await runClaviger(["register", "-u", name, "-p", "sesame"], { folder });
    assert.deepEqual(ended, { code: 1, stdout: "", stderr: line });
  }
  const ended = await runClaviger(["register", "-u", "alice", "-p", "sesame"], { folder });
  assert.deepEqual(ended, { code: 0, stdout: "Registered @alice:localhost\n", stderr: "" });
});

for (const [args, input, line] of [
  [["-p", ""], "", "the password must not be empty"],
  [[], "", "no password was given"],
  [[], "\n", "the password must not be empty"],
] as const) {
  test(`register ${JSON.stringify(args)} with the input ${JSON.stringify(input)}: ${line}`, async (context) => {
    const ended = await runClaviger(["register", "-u", "alice", ...args], { folder: folderWithConfig(context), input });
    assert.deepEqual(ended, { code: 1, stdout: "", stderr: `claviger: ${line}\n` });
  });
}
