import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { type Client, newClient } from "../support/client.ts";
import { startTestServer } from "../support/test-server.ts";
import { algorithm, giving, numberedKeys, openScene, unheard } from "./keyed-bridge.ts";

/** The id of the key that a claim gives, without its algorithm. */
async function claimed(claimer: Client, { userId, deviceId }: { userId: string; deviceId: string }) {
  return (await claimer.claim(userId, deviceId))?.[0].split(":")[1];
}

const claimOf = ({ userId, deviceId }: { userId: string; deviceId: string }, timeout?: number) => ({
  one_time_keys: { [userId]: { [deviceId]: algorithm } },
  ...(timeout !== undefined && { timeout }),
});

const unusedOf = async (ghost: Client) => (await ghost.sync()).device_unused_fallback_key_types;

test("C6: an appservice that uploads nothing gives the keys of its users itself, each time a new one", async (t) => {
  const { bridge, bob } = await openScene(t);
  const device = unheard();
  const keys = [device.oneTimeKey(), device.oneTimeKey()];
  let given = 0;
  bridge.on.claim = giving(() => ({ [`${algorithm}:K${given}`]: keys[given++] }));
  assert.deepEqual(await bob.claim(device.userId, device.deviceId), [`${algorithm}:K0`, keys[0]]);
  assert.deepEqual(await bob.claim(device.userId, device.deviceId), [`${algorithm}:K1`, keys[1]], "it was not stored");
  const [request] = bridge.requestsTo("claim");
  assert.equal(request?.path, "/_matrix/app/unstable/org.matrix.msc3983/keys/claim");
  assert.equal(request?.authorization, `Bearer ${bridge.registration.hsToken}`);
  assert.deepEqual(request?.body, { [device.userId]: { [device.deviceId]: [algorithm] } });
});

test("C6: the pool is given first, then what the appservice has, then the fallback key", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ one_time_keys: ghost.keys.oneTimeKeys(2, "POOL"), fallback_keys: ghost.keys.fallbackKey() });
  let left = 2;
  const next = numberedKeys(ghost.keys);
  bridge.on.claim = giving(() => (left-- > 0 ? next() : undefined));
  const given: (string | undefined)[] = [];
  for (let claim = 0; claim < 6; claim++) {
    given.push(await claimed(bob, ghost));
    if (claim === 1) assert.equal(bridge.requestsTo("claim").length, 0);
    if (claim === 3) assert.deepEqual(await unusedOf(ghost), [algorithm], "it is not used until it is given");
  }
  assert.deepEqual(
    [...given.slice(0, 2).toSorted(), ...given.slice(2)],
    ["POOL0", "POOL1", "N0", "N1", "FALL", "FALL"],
  );
  assert.deepEqual(await unusedOf(ghost), []);
});

test("C6: of two keys wanted and one given, the other is the fallback key", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ fallback_keys: ghost.keys.fallbackKey() });
  let left = 1;
  const next = numberedKeys(ghost.keys);
  bridge.on.claim = giving(() => (left-- > 0 ? next() : undefined));
  const given = await Promise.all([claimed(bob, ghost), claimed(bob, ghost)]);
  assert.deepEqual(given.toSorted(), ["FALL", "N0"]);
});

test("C6: an appservice that refuses, answers rubbish, breaks off or is away leaves the fallback key", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ fallback_keys: ghost.keys.fallbackKey() });
  const device = unheard();
  for (const reply of [{ status: 500 }, { text: "rubbish" }, { breakOff: true, body: { a: "b".repeat(99) } }]) {
    bridge.on.claim = () => reply;
    assert.equal(await claimed(bob, ghost), "FALL", JSON.stringify(reply));
    await bridge.request(ghost.url, "GET", "/account/whoami");
  }
  await bridge.stop();
  assert.equal(await claimed(bob, ghost), "FALL");
  const { status, body } = await bob.post("/keys/claim", claimOf(device));
  assert.deepEqual(
    [status, body],
    [200, { one_time_keys: { [device.userId]: { [device.deviceId]: {} } }, failures: {} }],
  );
});

test("C6: a claim waits for an appservice no longer than its timeout", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ fallback_keys: ghost.keys.fallbackKey() });
  const release = bridge.hang("claim");
  const { body } = await bob.post("/keys/claim", claimOf(ghost, 200));
  assert.deepEqual(Object.keys(body.one_time_keys[ghost.userId][ghost.deviceId]), [`${algorithm}:FALL`]);
  assert.ok(bridge.requestsTo("claim").every(({ answered }) => answered === undefined));
  release();
});

test("C6: users, devices and algorithms that were not asked for, and keys of another user, are dropped", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const [ghost, other] = [await newGhost(), await newGhost("bridge_other")];
  const key = ghost.keys.oneTimeKey();
  bridge.on.claim = () => ({
    body: {
      [ghost.userId]: {
        [ghost.deviceId]: { "curve25519:WRONG": "x", [`${algorithm}:RIGHT`]: key, [`${algorithm}:MORE`]: key },
        UNASKED: { [`${algorithm}:A`]: key },
      },
      [other.userId]: { [ghost.deviceId]: { [`${algorithm}:B`]: key } },
      [bob.userId]: { [bob.deviceId]: { [`${algorithm}:C`]: key } },
    },
  });
  const one_time_keys = {
    [ghost.userId]: { [ghost.deviceId]: algorithm },
    [bob.userId]: { [bob.deviceId]: algorithm },
  };
  const { body } = await bob.post("/keys/claim", { one_time_keys });
  assert.deepEqual(body.one_time_keys, {
    [ghost.userId]: { [ghost.deviceId]: { [`${algorithm}:RIGHT`]: key } },
    [bob.userId]: { [bob.deviceId]: {} },
  });
  const { body: second } = await bob.post("/keys/claim", claimOf({ userId: bob.userId, deviceId: ghost.deviceId }));
  assert.deepEqual(second.one_time_keys, { [bob.userId]: { [ghost.deviceId]: {} } });
});

test("C4, C6: every user and device asked for has exactly one of a key, nothing, or its server in failures", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ one_time_keys: ghost.keys.oneTimeKeys(1, "POOL") });
  await bob.upload({ one_time_keys: bob.keys.oneTimeKeys(1, "BOBS") });
  const next = numberedKeys(ghost.keys);
  bridge.on.claim = giving((_, deviceId) => (deviceId === "DRY" ? undefined : next()));
  const { body } = await bob.post("/keys/claim", {
    one_time_keys: {
      [ghost.userId]: { [ghost.deviceId]: algorithm, AWAY: algorithm, DRY: algorithm },
      "@bridge_unheard:localhost": { AWAY: algorithm, DRY: algorithm },
      [bob.userId]: { [bob.deviceId]: algorithm, UNKNOWN: algorithm },
      "@nobody:localhost": { A: algorithm },
      "@bridge_x:elsewhere.example": { B: algorithm },
    },
  });
  const ids = Object.fromEntries(
    Object.entries(body.one_time_keys as Record<string, Record<string, object>>).map(([userId, devices]) => [
      userId,
      Object.fromEntries(Object.entries(devices).map(([id, key]) => [id, Object.keys(key).length])),
    ]),
  );
  assert.deepEqual(ids, {
    [ghost.userId]: { [ghost.deviceId]: 1, AWAY: 1, DRY: 0 },
    "@bridge_unheard:localhost": { AWAY: 1, DRY: 0 },
    [bob.userId]: { [bob.deviceId]: 1, UNKNOWN: 0 },
    "@nobody:localhost": { A: 0 },
  });
  assert.deepEqual(Object.keys(body.failures), ["elsewhere.example"]);
});

test("C6, C7: beyond its budget a claim spares the appservice, too", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t, {}, { claims: { budget: 1 } });
  const ghost = await newGhost();
  await ghost.upload({ fallback_keys: ghost.keys.fallbackKey() });
  bridge.on.claim = giving(numberedKeys(ghost.keys));
  assert.deepEqual([await claimed(bob, ghost), await claimed(bob, ghost)], ["N0", "FALL"]);
  assert.equal(bridge.requestsTo("claim").length, 1);
  const device = unheard();
  assert.deepEqual([await claimed(bob, device), await claimed(bob, device)], ["N1", "N2"], "it has no fallback key");
});

for (const [why, options, config] of [
  ["its registration opts out", { answersClaims: false }, {}],
  ["the config switches it off", {}, { compatibility: { msc3983: false } }],
  ["its namespace is not exclusive", { users: [{ exclusive: false, regex: "@bridge_.*:localhost" }] }, {}],
  ["it has no URL", { url: null }, {}],
] as const) {
  test(`C6, Q6: an appservice is not asked for keys when ${why}`, async (t) => {
    const { bridge, bob } = await openScene(t, options, config);
    const device = unheard();
    bridge.on.claim = giving(numberedKeys(device));
    assert.equal(await claimed(bob, device), undefined);
    assert.equal(bridge.requestsTo("claim").length, 0);
  });
}

test("C6: an appservice is asked also for the users of its own that it claims keys of itself", async (t) => {
  const { url, bridge, bob, newGhost } = await openScene(t);
  const [ghost, other] = [await newGhost(), await newGhost("bridge_other")];
  bridge.on.claim = giving(numberedKeys(other.keys));
  const claim = (body: object) => bridge.request(url, "POST", "/keys/claim", { userId: ghost.userId, body });
  const { body } = await claim(claimOf(other));
  assert.deepEqual(Object.keys(body.one_time_keys[other.userId][other.deviceId]), [`${algorithm}:N0`]);
  await bob.upload({ one_time_keys: bob.keys.oneTimeKeys(1, "BOBS") });
  const { body: ofBob } = await claim(claimOf(bob));
  assert.deepEqual(Object.keys(ofBob.one_time_keys[bob.userId][bob.deviceId]), [`${algorithm}:BOBS0`]);
  assert.equal(bridge.requestsTo("claim").length, 1);
});

test("C6: another appservice's request for them is sent on", async (t) => {
  const [bridge, other] = [await startTestAppservice(), await startTestAppservice({ id: "other" })];
  const server = await startTestServer({ appservices: [bridge.registrationFile, other.registrationFile] });
  for (const appservice of [bridge, other]) afterTest(t, () => appservice.close());
  afterTest(t, () => server.close());
  const device = unheard();
  bridge.on.claim = giving(numberedKeys(device));
  const { body } = await other.request(server.url, "POST", "/keys/claim", { body: claimOf(device) });
  assert.deepEqual(Object.keys(body.one_time_keys[device.userId][device.deviceId]), [`${algorithm}:N0`]);
});

test("Q6: an appservice that does not know the route is asked once, and claims are answered from what is here", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ fallback_keys: ghost.keys.fallbackKey() });
  for (let claim = 0; claim < 5; claim++) assert.equal(await claimed(bob, ghost), "FALL");
  assert.deepEqual(
    bridge.requestsTo("claim").map(({ path }) => path),
    ["/_matrix/app/unstable/org.matrix.msc3983/keys/claim", "/_matrix/app/v1/keys/claim"],
  );
});

test("C8: a fallback key that fills in for the appservice wakes its owner's waiting sync", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ fallback_keys: ghost.keys.fallbackKey() });
  bridge.on.claim = () => ({ status: 500 });
  const { next_batch: since } = await ghost.sync();
  const waiting = ghost.sync(since, 60_000);
  assert.equal(await claimed(bob, ghost), "FALL");
  assert.deepEqual((await waiting).device_unused_fallback_key_types, []);
});

test("C6: claims by several clients at once get a key each", async (t) => {
  const { url, bridge, bob } = await openScene(t);
  const device = unheard();
  bridge.on.claim = giving(numberedKeys(device));
  const carol = await newClient(url, "carol");
  const claims = Array.from({ length: 40 }, (_, index) => claimed(index % 2 ? bob : carol, device));
  assert.equal(new Set(await Promise.all(claims)).size, 40);
});
