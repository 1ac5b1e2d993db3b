import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runClaviger, startClaviger, temporaryFolder } from "./run-claviger.ts";

const environment = { CLAVIGER_LISTENERS__0__PORT: "0" };

test("the first start writes a config that only its owner can read, and the line that it prints makes an account", async (context) => {
  const folder = temporaryFolder(context);
  const running = startClaviger(["start"], { folder, environment });
  context.after(() => running.process.kill("SIGKILL"));
  const [, url] = await running.untilPrinted(/serves localhost on (http:\/\/127\.0\.0\.1:\d+)\n/);
  const [, line] = await running.untilPrinted(/npm run --silent claviger -- (.+)\n/);
  assert.equal(statSync(join(folder, "claviger.yaml")).mode & 0o777, 0o600);

  const registered = await runClaviger(String(line).split(" "), { folder, environment });
  assert.deepEqual(registered, { code: 0, stdout: "Registered @alice:localhost\n", stderr: "" });
  const password = String(line).split(" ").at(-1);
  const answer = await fetch(`${url}/_matrix/client/v3/login`, {
    method: "POST",
    body: JSON.stringify({ type: "m.login.password", identifier: { type: "m.id.user", user: "alice" }, password }),
  });
  assert.equal(answer.status, 200);

  running.process.kill("SIGTERM");
  const { code, stderr } = await running.ended;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});

test("a later start serves with the same config and does not write it again", async (context) => {
  const folder = temporaryFolder(context);
  const configs: string[] = [];
  for (const isFirst of [true, false]) {
    const running = startClaviger(["start"], { folder, environment });
    context.after(() => running.process.kill("SIGKILL"));
    await running.untilPrinted(/Ctrl-C/);
    configs.push(readFileSync(join(folder, "claviger.yaml"), "utf8"));
    running.process.kill("SIGINT");
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.equal(stdout.includes("It has written its config: claviger.yaml"), isFirst);
  }
  assert.equal(configs[0], configs[1]);
});

test("the registration token is not printed", async (context) => {
  const folder = temporaryFolder(context);
  const running = startClaviger(["start"], { folder, environment });
  context.after(() => running.process.kill("SIGKILL"));
  await running.untilPrinted(/Ctrl-C/);
  running.process.kill("SIGTERM");
  const { stdout, stderr } = await running.ended;
  const [, token] = /^ {2}token: (.+)$/m.exec(readFileSync(join(folder, "claviger.yaml"), "utf8")) ?? [];
  assert.ok(token);
  assert.ok(!`${stdout}${stderr}`.includes(token));
});
