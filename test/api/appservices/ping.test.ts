import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedFetch } from "../../openapi/checking-fetch.ts";
import { newClient } from "../../support/client.ts";
import { bridgedUser, refusalOf, serveBridges } from "./serve-bridges.ts";

const bridges = serveBridges();
const path = "/_matrix/client/v1/appservice/bridge/ping";
const ping = (body: unknown = {}) => bridges.bridge.request(bridges.url, "POST", path, { body });

test("pingAppservice: an appservice is reached, and knows its own ping", async () => {
  const { bridge } = bridges;
  const { status, body } = await ping({ transaction_id: "mautrix-go_1683636478256400935_123" });
  assert.equal(status, 200);
  assert.ok(Number.isInteger(body.duration_ms) && body.duration_ms >= 0);
  const [received] = bridge.requestsTo("ping");
  assert.deepEqual(received?.body, { transaction_id: "mautrix-go_1683636478256400935_123" });
  assert.equal(received?.authorization, `Bearer ${bridge.registration.hsToken}`);
  assert.equal((await ping()).status, 200);
  assert.deepEqual(bridge.requestsTo("ping").at(-1)?.body, {});
});

test("one may ping oneself alone", async () => {
  const { bridge, open, url } = bridges;
  const person = await newClient(url, "pinger");
  assert.deepEqual(refusalOf(await person.post(path, {})), [403, "M_FORBIDDEN"]);
  assert.deepEqual(refusalOf(await open.request(url, "POST", path, { body: {} })), [403, "M_FORBIDDEN"]);
  const other = "/_matrix/client/v1/appservice/none/ping";
  assert.deepEqual(refusalOf(await bridge.request(url, "POST", other, { body: {} })), [403, "M_FORBIDDEN"]);
  const response = await checkedFetch(`${url}${path}`, { method: "POST", body: "{}" });
  assert.equal(response.status, 401);
  const userId = await bridgedUser(bridges, "bridge_pinger");
  assert.equal((await bridge.request(url, "POST", path, { userId, body: {} })).status, 200);
});

test("what went wrong with a ping is told apart", async () => {
  const { bridge, open, url } = bridges;
  const unset = "/_matrix/client/v1/appservice/open/ping";
  assert.deepEqual(refusalOf(await open.request(url, "POST", unset, { body: {} })), [400, "M_URL_NOT_SET"]);
  const plain = bridge.on.ping;
  bridge.on.ping = () => ({ status: 401, body: { errcode: "M_UNKNOWN_TOKEN" } });
  const bad = await ping();
  assert.deepEqual(refusalOf(bad), [502, "M_BAD_STATUS"]);
  assert.deepEqual([bad.body.status, bad.body.body], [401, '{"errcode":"M_UNKNOWN_TOKEN"}']);
  bridge.on.ping = () => ({ status: 500, text: "x".repeat(100_000) });
  assert.equal((await ping()).body.body.length, 1000);
  bridge.on.ping = plain;
  await bridge.stop();
  assert.deepEqual(refusalOf(await ping()), [502, "M_CONNECTION_FAILED"]);
  await bridge.start();
  assert.equal((await ping()).status, 200);
});

test("E2: malformed pings are refused before anybody is asked", async () => {
  const before = bridges.bridge.requestsTo("ping").length;
  for (const [body, errcode] of [
    [{ transaction_id: 5 }, "M_BAD_JSON"],
    [{ transaction_id: "x".repeat(256) }, "M_INVALID_PARAM"],
    [{ transaction_id: "" }, "M_INVALID_PARAM"],
    ["[]", "M_BAD_JSON"],
    ["", "M_NOT_JSON"],
  ] as const) {
    assert.deepEqual(refusalOf(await ping(body)), [400, errcode]);
  }
  assert.equal(bridges.bridge.requestsTo("ping").length, before);
});
