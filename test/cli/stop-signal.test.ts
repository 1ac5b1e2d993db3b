import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startClaviger } from "./run-claviger.ts";

const program = fileURLToPath(new URL("hanging-server.ts", import.meta.url));

async function startServer(...args: string[]) {
  const running = startClaviger(args, { folder: import.meta.dirname, program });
  await running.untilPrinted(/listening/);
  return running;
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} closes the server and exits with 0`, async () => {
    const running = await startServer();
    running.process.kill(signal);
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.match(stdout, /closing/);
  });
}

for (const [signal, expected] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const) {
  test(`a second signal, ${signal}, ends a server that still closes at once with ${expected}`, async () => {
    const running = await startServer("--hang");
    running.process.kill("SIGTERM");
    await running.untilPrinted(/closing/);
    running.process.kill(signal);
    assert.equal((await running.ended).code, expected);
  });
}

test("the SIGINT that npm sends on after the terminal's own is not a second one, a later one is", async () => {
  const running = await startServer("--hang");
  running.process.kill("SIGINT");
  await running.untilPrinted(/closing/);
  running.process.kill("SIGINT");
  await sleep(400);
  assert.equal(running.process.exitCode, null);
  running.process.kill("SIGINT");
  assert.equal((await running.ended).code, 130);
});

test("a server that does not finish closing is given up within 10 s, which is no success", async () => {
  const running = await startServer("--hang");
  running.process.kill("SIGTERM");
  const before = performance.now();
  const { code, stderr } = await running.ended;
  assert.ok(performance.now() - before < 10_500);
  assert.equal(code, 1);
  assert.equal(stderr, "claviger: did not stop within 9.5 s, giving up\n");
});
