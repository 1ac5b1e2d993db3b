import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, newClient } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let bob: Client;
let made = 0;

before(async () => {
  server = await startTestServer();
  bob = await newClient(server.url, "bob");
});
after(() => server.close());

const newUser = () => newClient(server.url, `user${made++}`);
const claimOf = (client: Client, body: object) => client.post("/keys/claim", { one_time_keys: body });

test("C1: a key that was claimed is never given again", async () => {
  const alice = await newUser();
  await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(20) });
  const ids = new Set<string>();
  for (let claim = 0; claim < 20; claim++) ids.add((await bob.claim(alice.userId, alice.deviceId))?.[0] ?? "");
  assert.equal(ids.size, 20);
  assert.equal(await bob.claim(alice.userId, alice.deviceId), undefined);
});

test("C2: keys are given in the order of the uploads", async () => {
  const alice = await newUser();
  for (const prefix of ["Z", "M", "A"]) await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(3, prefix) });
  const order: string[] = [];
  for (let claim = 0; claim < 9; claim++) {
    order.push((await bob.claim(alice.userId, alice.deviceId))?.[0].split(":")[1]?.charAt(0) ?? "");
  }
  assert.equal(order.join(""), "ZZZMMMAAA");
});

test("C3: with no one-time key left the fallback key of that algorithm is given, again and again", async () => {
  const alice = await newUser();
  const fallback = alice.keys.fallbackKey();
  const pool = alice.keys.oneTimeKeys(1);
  await alice.upload({ one_time_keys: pool, fallback_keys: fallback });
  assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(pool)[0]);
  for (let claim = 0; claim < 3; claim++) {
    assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(fallback)[0]);
  }
  assert.equal(await bob.claim(alice.userId, alice.deviceId, "curve25519"), undefined, "another algorithm");
  assert.deepEqual((await alice.sync()).device_unused_fallback_key_types, []);
});

test("C4: every user and device asked for is in the answer", async () => {
  const alice = await newUser();
  const pool = alice.keys.oneTimeKeys(1);
  await alice.upload({ one_time_keys: pool });
  const empty = await newUser();
  const { body } = await claimOf(bob, {
    [alice.userId]: { [alice.deviceId]: "signed_curve25519", UNKNOWN: "signed_curve25519" },
    [empty.userId]: { [empty.deviceId]: "signed_curve25519" },
    "@nobody:localhost": { A: "signed_curve25519", B: "signed_curve25519" },
    "@someone:elsewhere.example": { C: "signed_curve25519" },
  });
  assert.deepEqual(body.one_time_keys, {
    [alice.userId]: { [alice.deviceId]: pool, UNKNOWN: {} },
    [empty.userId]: { [empty.deviceId]: {} },
    "@nobody:localhost": { A: {}, B: {} },
  });
  assert.deepEqual(Object.keys(body.failures), ["elsewhere.example"]);
});

test("C4: with msc4072 off, devices and users without a key are left out", async () => {
  const old = await startTestServer({ compatibility: { msc4072: false } });
  try {
    const alice = await newClient(old.url, "alice");
    const pool = alice.keys.oneTimeKeys(1);
    await alice.upload({ one_time_keys: pool });
    const { body } = await claimOf(alice, {
      [alice.userId]: { [alice.deviceId]: "signed_curve25519", UNKNOWN: "signed_curve25519" },
      "@nobody:localhost": { A: "signed_curve25519" },
    });
    assert.deepEqual(body.one_time_keys, { [alice.userId]: { [alice.deviceId]: pool } });
  } finally {
    await old.close();
  }
});

test("C5: an unparsable user id is refused, and a remote server is a failure with status, errcode and text", async () => {
  const bad = await claimOf(bob, { "no user": { A: "signed_curve25519" } });
  assert.deepEqual([bad.status, bad.body.errcode], [400, "M_INVALID_PARAM"]);
  const { body } = await claimOf(bob, { "@someone:elsewhere.example": { C: "signed_curve25519" } });
  const { status, errcode, error, message } = body.failures["elsewhere.example"];
  assert.deepEqual([status, errcode, typeof error, message], [503, "M_UNAVAILABLE", "string", error]);
});

test("C7: beyond its budget a claimer gets the fallback key, and others still get one-time keys", async () => {
  const careful = await startTestServer({ claims: { budget: 2, device_budget: 3 } });
  try {
    const alice = await newClient(careful.url, "alice");
    const [greedy, modest] = [await newClient(careful.url, "greedy"), await newClient(careful.url, "modest")];
    const fallback = alice.keys.fallbackKey();
    await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(10), fallback_keys: fallback });
    const given = async (client: Client) => (await client.claim(alice.userId, alice.deviceId))?.[0];
    const [fallbackId] = Object.keys(fallback);
    assert.notEqual(await given(greedy), fallbackId);
    assert.notEqual(await given(greedy), fallbackId);
    assert.equal(await given(greedy), fallbackId, "its own budget is used up");
    assert.notEqual(await given(modest), fallbackId);
    assert.equal(await given(modest), fallbackId, "the device's budget is used up");
    assert.equal((await alice.sync()).device_one_time_keys_count.signed_curve25519, 7);
  } finally {
    await careful.close();
  }
});

test("C7: a device without a fallback key is served from its pool, whatever the budget", async () => {
  const careful = await startTestServer({ claims: { budget: 1 } });
  try {
    const alice = await newClient(careful.url, "alice");
    await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(3) });
    const claimer = await newClient(careful.url, "claimer");
    for (let claim = 0; claim < 3; claim++) assert.ok(await claimer.claim(alice.userId, alice.deviceId));
  } finally {
    await careful.close();
  }
});

test("C8: a claim wakes the owner's waiting sync with the new counts", async () => {
  const alice = await newUser();
  await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(1), fallback_keys: alice.keys.fallbackKey() });
  for (const [count, unused] of [
    [0, ["signed_curve25519"]],
    [0, []],
  ] as const) {
    const since = (await alice.sync()).next_batch;
    const waiting = alice.sync(since, 60_000);
    await bob.claim(alice.userId, alice.deviceId);
    const told = await waiting;
    assert.equal(told.device_one_time_keys_count.signed_curve25519, count);
    assert.deepEqual(told.device_unused_fallback_key_types, unused);
  }
});

test("C8: a claim between two polls is told by the next one at once", async () => {
  const alice = await newUser();
  await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(2) });
  const since = (await alice.sync()).next_batch;
  await bob.claim(alice.userId, alice.deviceId);
  const told = await alice.sync(since, 60_000);
  assert.equal(told.device_one_time_keys_count.signed_curve25519, 1);
});
