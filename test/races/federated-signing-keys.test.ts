import assert from "node:assert/strict";
import { test } from "node:test";
import { HeardByServer } from "../crash/heard-by-server.ts";
import { sendNumber } from "../federation/following-client.ts";
import { afterTest } from "../support/after-test.ts";
import { newClient } from "../support/client.ts";
import { CrossSigningKeys } from "../support/signed-keys.ts";
import { startTestServer } from "../support/test-server.ts";
import { ask, federating, playServers } from "./federated-house.ts";

test("X6: a server that fetches the list while it is told of older cross-signing keys ends with the new ones", async (t) => {
  const { played, servers } = await playServers(t, "one");
  const [one] = servers;
  const { url, close } = await startTestServer(federating(played));
  afterTest(t, close);
  const heard = new HeardByServer(one);
  const alice = await newClient(url, "alice");
  const identifier = { type: "m.id.user", user: "alice" };
  const auth = { type: "m.login.password", identifier, password: "alice-password" };
  const replaceKeys = async () => {
    const keys = new CrossSigningKeys(alice.userId);
    const { status } = await alice.post("/keys/device_signing/upload", { ...keys.body(), auth });
    assert.equal(status, 200);
    return keys.master.publicKey;
  };
  const fetchMaster = async () => {
    const { body } = await ask(one, url, "GET", `/user/devices/${encodeURIComponent(alice.userId)}`);
    return Object.values(body.master_key.keys)[0];
  };
  await replaceKeys();
  await fetchMaster();
  // It is not taken, and comes again when the keys are others.
  heard.onNew = () => ({ status: 503, body: { errcode: "M_UNKNOWN", error: "not now" } });
  const older = await replaceKeys();
  await heard.until(() => heard.count === 1);
  const newer = await replaceKeys();
  // No update says which keys are newer, so the last one must be right.
  assert.equal(await fetchMaster(), newer);
  heard.onNew = () => ({ body: { pdus: {} } });
  await sendNumber(alice, { userId: one.userId("mallory"), deviceId: "PHONE" }, 0);
  await heard.until(() => heard.numbersOf(alice).length === 1);
  const told = heard.edus.filter(({ type }) => type === "m.signing_key_update");
  const masters = told.map(({ content }) => Object.values(content.master_key.keys)[0]);
  assert.deepEqual(masters, [older, newer]);
});
