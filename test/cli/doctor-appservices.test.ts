import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice, type TestAppservice } from "../support/appservices/test-appservice.ts";
import { newClient } from "../support/client.ts";
import { freePort, runClaviger, startClaviger, temporaryFolder, untilHealthy } from "./run-claviger.ts";

async function serveWith(t: TestContext, bridges: readonly TestAppservice[]) {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const listeners = [{ port, bind: "127.0.0.1", resources: ["client", "health"] }];
  const config = {
    ...{ server_name: "localhost", listeners, registration: { mode: "open" }, limits: { enabled: false } },
    appservices: bridges.map(({ registrationFile }) => registrationFile),
  };
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  const running = startClaviger(["serve"], { folder });
  afterTest(t, async () => {
    running.process.kill("SIGKILL");
    await running.ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url, running);
  const stop = async () => {
    running.process.kill("SIGTERM");
    await running.ended;
  };
  return { folder, url, stop };
}

test("doctor tells of each appservice: whether it is there, what waits for it, and how asking it for keys goes", async (t) => {
  const well = await startTestAppservice({ id: "well", encrypts: true });
  afterTest(t, () => well.close());
  const ill = await startTestAppservice({ id: "ill", encrypts: true });
  afterTest(t, () => ill.close());
  const { folder, url, stop } = await serveWith(t, [well, ill]);
  await ill.stop();
  well.on.query = () => ({ body: {} });
  const alice = await newClient(url, "alice");
  for (const bridge of [well, ill]) {
    await bridge.request(url, "PUT", "/_matrix/client/v3/devices/BOT", { userId: bridge.senderId, body: {} });
    await alice.send("m.test", bridge.id, { [bridge.senderId]: { BOT: {} } });
    await alice.query(bridge.senderId);
  }
  await well.until(() => well.transactions.some(({ body }) => body.to_device));
  await stop();
  const { code, stdout } = await runClaviger(["doctor"], { folder });
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^ok {3}appservice well: answers in \d+ ms; takes its transactions, (nothing waits|\d+ wait, .+); .*queries: 1 answered, 0 failed, 0 shared, 0 spared$/m,
  );
  assert.match(
    stdout,
    /^FAIL appservice ill: .+; has taken no transaction for \d+ s \(.+\), tried again .+, \d+ wait, the first for \d+ s; .*queries: 0 answered, 1 failed, .+$/m,
  );
});

test("doctor tells what waits for an appservice that was taken out of the config", async (t) => {
  const bridge = await startTestAppservice({ id: "gone", encrypts: true });
  afterTest(t, () => bridge.close());
  bridge.on.transactions = () => ({ status: 503 });
  const { folder, url, stop } = await serveWith(t, [bridge]);
  const alice = await newClient(url, "alice");
  await bridge.request(url, "PUT", "/_matrix/client/v3/devices/BOT", { userId: bridge.senderId, body: {} });
  await alice.send("m.test", "1", { [bridge.senderId]: { BOT: {} } });
  await bridge.until(() => bridge.requestsTo("transactions").length > 0);
  await stop();
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify({ server_name: "localhost" }));
  const { code, stdout } = await runClaviger(["doctor"], { folder });
  assert.equal(code, 0);
  assert.match(stdout, /^ok {3}appservice gone: not in the config any more; \d+ wait, the first for \d+ s$/m);
});
