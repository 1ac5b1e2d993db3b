import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { registration } from "../api/appservices/serve-bridges.ts";
import { freePort, startClaviger, temporaryFolder, untilHealthy } from "../cli/run-claviger.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";

test("E3: the tokens of an appservice, and those of its users, stand in no log line and no refusal", async (t) => {
  const bridge = await startTestAppservice();
  t.after(() => bridge.close());
  const folder = temporaryFolder(t);
  const port = await freePort();
  const config = {
    ...{ server_name: "localhost", data_dir: "data", appservices: [bridge.registrationFile] },
    listeners: [{ port, bind: "127.0.0.1", resources: ["client", "health"] }],
    log: { level: "trace", format: "json" },
  };
  // JSON is YAML.
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  const running = startClaviger(["serve", "--config", "claviger.yaml"], { folder });
  t.after(() => running.process.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url, running);

  const { asToken, hsToken } = bridge.registration;
  const answers: string[] = [];
  const ask = async (method: string, path: string, as: object = {}) => {
    const { body } = await bridge.request(url, method, path, as);
    answers.push(JSON.stringify(body));
    return body;
  };
  const { access_token: token } = await bridge
    .request(url, "POST", "/register", { body: registration("bridge_ghost") })
    .then(({ body }) => body);
  assert.equal(typeof token, "string");
  await ask("GET", "/account/whoami", { userId: "@person:localhost" });
  await ask("GET", "/account/whoami", { deviceId: "NONE" });
  await ask("POST", "/register", { body: registration("person") });
  await ask("POST", "/login", { body: { type: "m.login.application_service", user: "nobody" } });
  bridge.on.ping = () => ({ status: 500, text: "no" });
  await ask("POST", "/_matrix/client/v1/appservice/bridge/ping", { body: {} });
  await bridge.stop();
  await ask("POST", "/_matrix/client/v1/appservice/bridge/ping", { body: {} });
  for (const inQuery of [asToken, hsToken, `${asToken}-mistyped`, token]) {
    const whoami = `${url}/_matrix/client/v3/account/whoami?access_token=${inQuery}`;
    answers.push(await (await checkedFetch(whoami)).text());
  }

  running.process.kill("SIGTERM");
  const { stdout, stderr } = await running.ended;
  assert.match(stdout + stderr, /getTokenOwner/);
  for (const secret of [asToken, hsToken, token]) {
    assert.ok(!(stdout + stderr).includes(secret), "a token stands in the log");
    assert.ok(!answers.join().includes(secret), "a token stands in an answer");
  }
});
