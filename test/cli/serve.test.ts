import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freePort, type Running, runClaviger, startClaviger, temporaryFolder, untilHealthy } from "./run-claviger.ts";

async function folderWithConfig(context: TestContext): Promise<{ folder: string; port: number }> {
  const folder = temporaryFolder(context);
  const port = await freePort();
  writeFileSync(join(folder, "house.yaml"), `server_name: localhost\nlisteners: [{ port: ${port} }]\n`);
  return { folder, port };
}

function serve(context: TestContext, folder: string, ...args: string[]): Running {
  const running = startClaviger(["serve", "--config", "house.yaml", ...args], { folder });
  context.after(() => running.process.kill("SIGKILL"));
  return running;
}

test("serve answers on its port until SIGTERM, and then exits with 0 within 10 s", async (context) => {
  const { folder, port } = await folderWithConfig(context);
  const running = serve(context, folder);
  await untilHealthy(`http://127.0.0.1:${port}`, running);
  const before = performance.now();
  running.process.kill("SIGTERM");
  const { code, stdout, stderr } = await running.ended;
  assert.ok(performance.now() - before < 10_000);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.ok(stdout.includes(`http://127.0.0.1:${port}`), "one line tells where it listens");
});

test("serve --restored serves too", async (context) => {
  const { folder, port } = await folderWithConfig(context);
  const running = serve(context, folder, "--restored");
  await untilHealthy(`http://127.0.0.1:${port}`, running);
  running.process.kill("SIGTERM");
  assert.equal((await running.ended).code, 0);
});

test("a port in use is one line, and exit code 1", async (context) => {
  const { folder, port } = await folderWithConfig(context);
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  context.after(() => other.close());
  const { code, stderr } = await serve(context, folder).ended;
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^claviger: .*\\b${port}\\b.*\\n$`));
});

test("a second server on the same database is one line, and exit code 1", async (context) => {
  const { folder, port } = await folderWithConfig(context);
  const first = serve(context, folder);
  await untilHealthy(`http://127.0.0.1:${port}`, first);
  const environment = { CLAVIGER_LISTENERS__0__PORT: "0" };
  const second = await runClaviger(["serve", "--config", "house.yaml"], { folder, environment });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /^claviger: .+\n$/);
  first.process.kill("SIGTERM");
  assert.equal((await first.ended).code, 0);
});

test("another server name on an existing database is one line, and not served", async (context) => {
  const { folder, port } = await folderWithConfig(context);
  const first = serve(context, folder);
  await untilHealthy(`http://127.0.0.1:${port}`, first);
  first.process.kill("SIGTERM");
  await first.ended;
  const environment = { CLAVIGER_SERVER_NAME: "example.org" };
  const second = await runClaviger(["serve", "--config", "house.yaml"], { folder, environment });
  assert.notEqual(second.code, 0);
  assert.match(second.stderr, /^claviger: .+\n$/);
});
