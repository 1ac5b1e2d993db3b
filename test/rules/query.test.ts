import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, newClient } from "../support/client.ts";
import { CrossSigningKeys, signed } from "../support/signed-keys.ts";
import { login, startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let bob: Client;
let made = 0;

before(async () => {
  server = await startTestServer();
  bob = await newClient(server.url, "bob");
});
after(() => server.close());

const newUser = () => newClient(server.url, `user${made++}`);

test("Q1: every local user asked for is in device_keys, and remote ones are failures", async () => {
  const alice = await newUser();
  const { device_keys, failures } = await bob.query(alice.userId, "@nobody:localhost", "@x:elsewhere.example");
  assert.deepEqual(device_keys, { [alice.userId]: {}, "@nobody:localhost": {} });
  assert.deepEqual(Object.keys(failures), ["elsewhere.example"]);
});

test("Q1: a list of devices selects, an empty one means all, unknown ones are left out", async () => {
  const alice = await newUser();
  const second = new Client(server.url, await login(server.url, alice.userId.slice(1).split(":")[0] ?? ""));
  for (const client of [alice, second]) await client.upload({ device_keys: client.keys.deviceKeys() });
  const ask = async (devices: string[]) => {
    const { body } = await bob.post("/keys/query", { device_keys: { [alice.userId]: devices } });
    return Object.keys(body.device_keys[alice.userId]).toSorted();
  };
  assert.deepEqual(await ask([]), [alice.deviceId, second.deviceId].toSorted());
  assert.deepEqual(await ask([second.deviceId, "UNKNOWN"]), [second.deviceId]);
});

test("Q2: device keys come back as uploaded, with an unsigned that the server made", async () => {
  const alice = await newUser();
  const keys = { ...alice.keys.deviceKeys(), "org.example.extra": [1, "two"] };
  await alice.upload({ device_keys: { ...keys, unsigned: { device_display_name: "forged" } } });
  const served = async () => (await bob.query(alice.userId)).device_keys[alice.userId][alice.deviceId];
  assert.deepEqual(await served(), { ...keys, unsigned: {} });
  await alice.request("PUT", `/devices/${alice.deviceId}`, { display_name: 'Alice\'s "phone"' });
  assert.deepEqual(await served(), { ...keys, unsigned: { device_display_name: 'Alice\'s "phone"' } });
});

test("Q3: user-signing keys are served to their owner only", async () => {
  const alice = await newUser();
  const keys = new CrossSigningKeys(alice.userId);
  await alice.post("/keys/device_signing/upload", keys.body());
  const own = await alice.query(alice.userId);
  assert.ok(own.user_signing_keys[alice.userId]);
  const others = await bob.query(alice.userId);
  assert.ok(others.master_keys[alice.userId] && others.self_signing_keys[alice.userId]);
  assert.deepEqual(others.user_signing_keys, {});
});

test("Q3: a signature by a user-signing key is shown to its maker only", async () => {
  const [alice, carol] = [await newUser(), await newUser()];
  const [ofAlice, ofCarol] = [new CrossSigningKeys(alice.userId), new CrossSigningKeys(carol.userId)];
  await alice.post("/keys/device_signing/upload", ofAlice.body());
  await carol.post("/keys/device_signing/upload", ofCarol.body());
  const keyId = `ed25519:${ofCarol.userSigning.publicKey}`;
  const master = signed(ofAlice.masterKey(), carol.userId, keyId, ofCarol.userSigning);
  const { body } = await carol.post("/keys/signatures/upload", {
    [alice.userId]: { [ofAlice.master.publicKey]: master },
  });
  assert.deepEqual(body.failures, {});
  const seenBy = async (client: Client) =>
    (await client.query(alice.userId)).master_keys[alice.userId].signatures ?? {};
  assert.deepEqual(Object.keys((await seenBy(carol))[carol.userId]), [keyId]);
  for (const client of [alice, bob]) assert.equal((await seenBy(client))[carol.userId], undefined);
});

test("Q3: an uploaded master key keeps its owner's signatures and loses those by others", async () => {
  const alice = await newUser();
  const keys = new CrossSigningKeys(alice.userId);
  const own = alice.keys.sign(keys.masterKey());
  const foreign = signed(own, "@mallory:localhost", "ed25519:M", keys.master);
  await alice.post("/keys/device_signing/upload", { ...keys.body(), master_key: foreign });
  assert.deepEqual((await bob.query(alice.userId)).master_keys[alice.userId], own);
});
