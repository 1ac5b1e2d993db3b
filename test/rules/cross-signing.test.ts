import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject } from "../../src/protocol/json.ts";
import { startTestAppservice, type TestAppservice } from "../support/appservices/test-appservice.ts";
import { Client, newClient } from "../support/client.ts";
import { shareRoom } from "../support/share-room.ts";
import { CrossSigningKeys, KeyedDevice, signed, signingPair } from "../support/signed-keys.ts";
import { login, startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let bridge: TestAppservice;
let bob: Client;
let made = 0;

before(async () => {
  bridge = await startTestAppservice();
  server = await startTestServer({ appservices: [bridge.registrationFile] });
  bob = await newClient(server.url, "bob");
});
after(async () => {
  await server.close();
  await bridge.close();
});

const newUser = () => newClient(server.url, `user${made++}`);
const upload = (client: Client, body: object) => client.post("/keys/device_signing/upload", body);
const localpart = (client: Client) => client.userId.slice(1).split(":")[0] ?? "";

function passwordOf(client: Client, session?: string) {
  const identifier = { type: "m.id.user", user: client.userId };
  return {
    type: "m.login.password",
    identifier,
    password: `${localpart(client)}-password`,
    ...(session && { session }),
  };
}

async function userWithKeys(): Promise<[Client, CrossSigningKeys]> {
  const client = await newUser();
  await client.upload({ device_keys: client.keys.deviceKeys() });
  const keys = new CrossSigningKeys(client.userId);
  assert.equal((await upload(client, keys.body())).status, 200);
  return [client, keys];
}

test("X1: first keys, the same keys again, and no keys need no authentication", async () => {
  const [alice, keys] = await userWithKeys();
  for (const again of [keys.body(), { master_key: keys.masterKey() }, {}]) {
    assert.deepEqual(await upload(alice, again).then(({ status, body }) => [status, body]), [200, {}]);
  }
});

test("X1: first keys are taken also with an auth that would not do", async () => {
  const alice = await newUser();
  const auth = { ...passwordOf(alice), password: "wrong" };
  assert.equal((await upload(alice, { ...new CrossSigningKeys(alice.userId).body(), auth })).status, 200);
});

test("X1: anything new needs authentication", async () => {
  const [alice, keys] = await userWithKeys();
  const other = new CrossSigningKeys(alice.userId);
  const onlyMaster = await newUser();
  const ofOnlyMaster = new CrossSigningKeys(onlyMaster.userId);
  await upload(onlyMaster, { master_key: ofOnlyMaster.masterKey() });
  const cases: [Client, object][] = [
    [alice, other.body()],
    [alice, { master_key: keys.masterKey(), self_signing_key: keys.signedByMaster("self_signing", signingPair()) }],
    [alice, { self_signing_key: keys.body().self_signing_key }],
    [onlyMaster, ofOnlyMaster.body()],
  ];
  for (const [client, body] of cases) {
    const answer = await upload(client, body);
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.body.flows, [{ stages: ["m.login.password"] }]);
    assert.ok(answer.body.session);
    assert.deepEqual(answer.body.params, {});
  }
});

test("X1: with the password, a reset is done once", async () => {
  const [alice] = await userWithKeys();
  const other = new CrossSigningKeys(alice.userId);
  const { session } = (await upload(alice, other.body())).body;
  const wrong = await upload(alice, { ...other.body(), auth: { ...passwordOf(alice, session), password: "wrong" } });
  assert.deepEqual([wrong.status, wrong.body.errcode], [401, "M_FORBIDDEN"]);
  assert.equal((await upload(alice, { ...other.body(), auth: passwordOf(alice, session) })).status, 200);
  const served = (await bob.query(alice.userId)).master_keys[alice.userId];
  assert.deepEqual(Object.values(served.keys), [other.master.publicKey]);
  const third = new CrossSigningKeys(alice.userId);
  const reused = await upload(alice, { ...third.body(), auth: passwordOf(alice, session) });
  assert.ok([401, 403].includes(reused.status), "a session is for one request");
});

test("X1 (MSC4190): an appservice with its own token needs no authentication, whatever is stored", async () => {
  const [userId, deviceId] = ["@bridge_x1:localhost", "GHOST"];
  const ask = (method: string, path: string, body: object) =>
    bridge.request(server.url, method, path, path === "/register" ? { body } : { userId, body });
  await ask("POST", "/register", { type: "m.login.application_service", username: "bridge_x1", inhibit_login: true });
  await ask("PUT", `/devices/${deviceId}`, {});
  const device = new KeyedDevice({ userId, deviceId });
  const deviceKeys = device.deviceKeys();
  await bridge.request(server.url, "POST", "/keys/upload", { userId, deviceId, body: { device_keys: deviceKeys } });
  const [first, second] = [new CrossSigningKeys(userId), new CrossSigningKeys(userId)];
  for (const keys of [first, second, second]) {
    const { status, body } = await ask("POST", "/keys/device_signing/upload", keys.body());
    assert.deepEqual([status, body], [200, {}]);
    const served = (await bob.query(userId)).master_keys[userId];
    assert.deepEqual(Object.values(served.keys), [keys.master.publicKey]);
  }
  // A new self-signing key alone, under the master key that is stored.
  const { selfSigning } = first;
  const lone = { self_signing_key: second.signedByMaster("self_signing", selfSigning) };
  assert.equal((await ask("POST", "/keys/device_signing/upload", lone)).status, 200);
  const bySelf = signed(deviceKeys, userId, `ed25519:${selfSigning.publicKey}`, selfSigning);
  const answer = await ask("POST", "/keys/signatures/upload", { [userId]: { [deviceId]: bySelf } });
  assert.deepEqual(answer.body, { failures: {} });
});

test("X2: of two first uploads at once with different keys one wins, the other must authenticate", async () => {
  const alice = await newUser();
  const all = Array.from({ length: 8 }, () => new CrossSigningKeys(alice.userId));
  const statuses = await Promise.all(all.map(async (keys) => (await upload(alice, keys.body())).status));
  assert.deepEqual(statuses.toSorted(), [200, ...Array(7).fill(401)]);
  const served = (await bob.query(alice.userId)).master_keys[alice.userId];
  assert.deepEqual(Object.values(served.keys), [all[statuses.indexOf(200)]?.master.publicKey]);
});

test("X3: keys of a wrong shape, owner or usage are refused", async () => {
  const alice = await newUser();
  const keys = new CrossSigningKeys(alice.userId);
  const master = keys.masterKey();
  const short = { ...master, keys: { "ed25519:abc": "abc" } };
  const two = { ...master, keys: { ...(master["keys"] as object), "ed25519:x": "x" } };
  const renamed = { ...master, keys: { "ed25519:other": keys.master.publicKey } };
  const wrong = [short, two, renamed, { ...master, usage: ["self_signing"] }, { ...master, user_id: bob.userId }];
  for (const master_key of wrong) {
    const { status, body } = await upload(alice, { master_key });
    assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"], JSON.stringify(master_key));
  }
});

test("X3: self- and user-signing keys must be signed by the master key", async () => {
  const alice = await newUser();
  const [keys, others] = [new CrossSigningKeys(alice.userId), new CrossSigningKeys(alice.userId)];
  const none = await upload(alice, { self_signing_key: keys.body().self_signing_key });
  assert.deepEqual([none.status, none.body.errcode], [400, "M_MISSING_PARAM"]);
  const { status, body } = await upload(alice, { ...keys.body(), user_signing_key: others.body().user_signing_key });
  assert.deepEqual([status, body.errcode], [400, "M_INVALID_SIGNATURE"]);
  assert.deepEqual((await alice.query(alice.userId)).master_keys, {});
});

test("X4: a new master key takes the keys and signatures of the old one with it", async () => {
  const [alice, old] = await userWithKeys();
  const device = signed(alice.keys.deviceKeys(), alice.userId, `ed25519:${old.selfSigning.publicKey}`, old.selfSigning);
  await alice.post("/keys/signatures/upload", { [alice.userId]: { [alice.deviceId]: device } });
  const signers = async () =>
    Object.keys((await bob.query(alice.userId)).device_keys[alice.userId][alice.deviceId].signatures[alice.userId]);
  assert.equal((await signers()).length, 2);
  const fresh = new CrossSigningKeys(alice.userId);
  const body = { master_key: fresh.masterKey() };
  assert.equal((await upload(alice, { ...body, auth: passwordOf(alice) })).status, 200);
  const { master_keys, self_signing_keys, user_signing_keys } = await alice.query(alice.userId);
  assert.deepEqual(Object.values(master_keys[alice.userId].keys), [fresh.master.publicKey]);
  assert.deepEqual([self_signing_keys, user_signing_keys], [{}, {}]);
  assert.deepEqual(await signers(), [`ed25519:${alice.deviceId}`]);
});

test("X4: a self-signing key that is kept under a new master key is served with that one's signature", async () => {
  const [alice, old] = await userWithKeys();
  const device = signed(alice.keys.deviceKeys(), alice.userId, `ed25519:${old.selfSigning.publicKey}`, old.selfSigning);
  await alice.post("/keys/signatures/upload", { [alice.userId]: { [alice.deviceId]: device } });
  const fresh = new CrossSigningKeys(alice.userId);
  const kept = fresh.signedByMaster("self_signing", old.selfSigning);
  const body = { master_key: fresh.masterKey(), self_signing_key: kept, auth: passwordOf(alice) };
  assert.equal((await upload(alice, body)).status, 200);
  const { self_signing_keys, device_keys } = await bob.query(alice.userId);
  assert.deepEqual(self_signing_keys[alice.userId], kept);
  assert.deepEqual(device_keys[alice.userId][alice.deviceId].signatures, device.signatures);
});

test("X5: good signatures are stored even when others fail, each with its reason", async () => {
  const [alice, keys] = await userWithKeys();
  const [carol, ofCarol] = await userWithKeys();
  const selfSigned = (object: object, pair = keys.selfSigning) =>
    signed(object as JsonObject, alice.userId, `ed25519:${pair.publicKey}`, pair);
  const good = selfSigned(alice.keys.deviceKeys());
  const { body } = await alice.post("/keys/signatures/upload", {
    [alice.userId]: {
      [alice.deviceId]: good,
      UNKNOWN: selfSigned({ ...alice.keys.deviceKeys(), device_id: "UNKNOWN" }),
      [keys.master.publicKey]: alice.keys.sign({ ...keys.masterKey(), extra: true }),
      [keys.selfSigning.publicKey]: alice.keys.sign(keys.body().self_signing_key),
    },
    [carol.userId]: {
      [ofCarol.master.publicKey]: selfSigned(ofCarol.masterKey()),
      [carol.deviceId]: selfSigned(carol.keys.deviceKeys()),
    },
  });
  const codes = Object.fromEntries(
    Object.entries(body.failures as Record<string, Record<string, { errcode: string; status: number }>>).flatMap(
      ([, of]) => Object.entries(of).map(([key, { errcode, status }]) => [key, [status, errcode]]),
    ),
  );
  assert.deepEqual(codes, {
    UNKNOWN: [404, "M_NOT_FOUND"],
    [keys.master.publicKey]: [400, "M_UNKNOWN"],
    [keys.selfSigning.publicKey]: [400, "M_INVALID_SIGNATURE"],
    [ofCarol.master.publicKey]: [400, "M_INVALID_SIGNATURE"],
    [carol.deviceId]: [400, "M_INVALID_SIGNATURE"],
  });
  const served = (await bob.query(alice.userId)).device_keys[alice.userId][alice.deviceId];
  assert.deepEqual(served.signatures, good.signatures);
});

test("X5: a forged signature is refused", async () => {
  const [alice, keys] = await userWithKeys();
  const forged = signed(alice.keys.deviceKeys(), alice.userId, `ed25519:${keys.selfSigning.publicKey}`, signingPair());
  const { body } = await alice.post("/keys/signatures/upload", { [alice.userId]: { [alice.deviceId]: forged } });
  assert.equal(body.failures[alice.userId][alice.deviceId].errcode, "M_INVALID_SIGNATURE");
});

test("X5: a device's signature on its owner's master key is stored and seen by all", async () => {
  const [alice, keys] = await userWithKeys();
  const master = alice.keys.sign(keys.masterKey());
  const { body } = await alice.post("/keys/signatures/upload", { [alice.userId]: { [keys.master.publicKey]: master } });
  assert.deepEqual(body.failures, {});
  assert.deepEqual((await bob.query(alice.userId)).master_keys[alice.userId], master);
});

test("X6: a change of keys or signatures is told to the user and to who shares a room; a user-signing key to its owner", async () => {
  const [alice, keys] = await userWithKeys();
  await shareRoom(alice, bob);
  let sinceBob = (await bob.sync()).next_batch;
  let sinceAlice = (await alice.sync()).next_batch;
  const changes = async () => {
    const [ofBob, ofAlice] = [await bob.sync(sinceBob), await alice.sync(sinceAlice)];
    [sinceBob, sinceAlice] = [ofBob.next_batch, ofAlice.next_batch];
    return [ofBob.device_lists.changed, ofAlice.device_lists.changed];
  };
  const device = signed(
    alice.keys.deviceKeys(),
    alice.userId,
    `ed25519:${keys.selfSigning.publicKey}`,
    keys.selfSigning,
  );
  await alice.post("/keys/signatures/upload", { [alice.userId]: { [alice.deviceId]: device } });
  assert.deepEqual(await changes(), [[alice.userId], [alice.userId]]);
  const userSigning = {
    master_key: keys.masterKey(),
    user_signing_key: keys.signedByMaster("user_signing", signingPair()),
  };
  assert.equal((await upload(alice, { ...userSigning, auth: passwordOf(alice) })).status, 200);
  assert.deepEqual(await changes(), [[], [alice.userId]]);
  const selfSigning = {
    master_key: keys.masterKey(),
    self_signing_key: keys.signedByMaster("self_signing", signingPair()),
  };
  assert.equal((await upload(alice, { ...selfSigning, auth: passwordOf(alice) })).status, 200);
  assert.deepEqual(await changes(), [[alice.userId], [alice.userId]]);
});

test("X6: who signs another's master key finds that user in its own device lists, and nobody else does", async () => {
  const [alice, keys] = await userWithKeys();
  const [carol, ofCarol] = await userWithKeys();
  const [sinceAlice, sinceCarol] = [(await alice.sync()).next_batch, (await carol.sync()).next_batch];
  const waiting = alice.sync(sinceAlice, 60_000);
  const master = signed(ofCarol.masterKey(), alice.userId, `ed25519:${keys.userSigning.publicKey}`, keys.userSigning);
  await alice.post("/keys/signatures/upload", { [carol.userId]: { [ofCarol.master.publicKey]: master } });
  assert.deepEqual((await waiting).device_lists.changed, [carol.userId]);
  assert.deepEqual((await carol.sync(sinceCarol)).device_lists.changed, []);
});

test("X5: a device's signatures on its owner's master key go with the device, or with its identity", async () => {
  const [alice, keys] = await userWithKeys();
  const seen = async () =>
    Object.keys((await bob.query(alice.userId)).master_keys[alice.userId].signatures?.[alice.userId] ?? {});
  const devices: Client[] = [];
  for (const _ of [1, 2]) {
    const device = new Client(server.url, await login(server.url, localpart(alice)));
    await device.upload({ device_keys: device.keys.deviceKeys() });
    const master = device.keys.sign(keys.masterKey());
    await device.post("/keys/signatures/upload", { [alice.userId]: { [keys.master.publicKey]: master } });
    devices.push(device);
  }
  assert.deepEqual((await seen()).toSorted(), devices.map(({ deviceId }) => `ed25519:${deviceId}`).toSorted());
  const [deleted, replaced] = devices;
  await alice.request("DELETE", `/devices/${deleted?.deviceId}`, { auth: passwordOf(alice) });
  assert.deepEqual(await seen(), [`ed25519:${replaced?.deviceId}`]);
  await replaced?.upload({ device_keys: new KeyedDevice(replaced.account).deviceKeys() });
  assert.deepEqual(await seen(), []);
});

test("X5: a device's signature that came with the master key goes with the device, too", async () => {
  const alice = await newUser();
  const second = new Client(server.url, await login(server.url, localpart(alice)));
  await second.upload({ device_keys: second.keys.deviceKeys() });
  const keys = new CrossSigningKeys(alice.userId);
  await upload(alice, { ...keys.body(), master_key: second.keys.sign(alice.keys.sign(keys.masterKey())) });
  await alice.request("DELETE", `/devices/${second.deviceId}`, { auth: passwordOf(alice) });
  assert.deepEqual((await bob.query(alice.userId)).master_keys[alice.userId], alice.keys.sign(keys.masterKey()));
});
