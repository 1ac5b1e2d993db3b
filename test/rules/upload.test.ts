import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, newClient } from "../support/client.ts";
import { CrossSigningKeys, curve25519, KeyedDevice } from "../support/signed-keys.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let bob: Client;
let made = 0;

before(async () => {
  server = await startTestServer({ keys: { max_one_time_keys: 100 } });
  bob = await newClient(server.url, "bob");
});
after(() => server.close());

const newUser = () => newClient(server.url, `user${made++}`);

test("K1: when one part of an upload is refused, no part is stored", async () => {
  const alice = await newUser();
  const deviceKeys = alice.keys.deviceKeys();
  const tooMany = alice.keys.oneTimeKeys(101);
  const answer = await alice.upload({
    device_keys: deviceKeys,
    one_time_keys: tooMany,
    fallback_keys: alice.keys.fallbackKey(),
  });
  assert.equal(answer.status, 400);
  assert.deepEqual((await bob.query(alice.userId)).device_keys[alice.userId], {});
  assert.equal(await bob.claim(alice.userId, alice.deviceId), undefined);
});

test("K2: device keys of another device or user are refused", async () => {
  const alice = await newUser();
  for (const owner of [
    { userId: alice.userId, deviceId: "OTHER" },
    { userId: bob.userId, deviceId: alice.deviceId },
  ]) {
    const { status, body } = await alice.upload({ device_keys: new KeyedDevice(owner).deviceKeys() });
    assert.deepEqual([status, body.errcode], [400, "M_BAD_JSON"]);
  }
  assert.deepEqual((await bob.query(alice.userId)).device_keys[alice.userId], {});
});

test("K2: a wrong shape is refused with the name of the member", async () => {
  const alice = await newUser();
  const good = alice.keys.oneTimeKey();
  const bad: [string, object][] = [
    ["one_time_keys", { one_time_keys: { "no-colon": good } }],
    ["one_time_keys", { one_time_keys: { "a:b:c": good } }],
    ["key", { one_time_keys: { "signed_curve25519:A": { signatures: {} } } }],
    ["signatures", { one_time_keys: { "signed_curve25519:A": { key: "x" } } }],
    ["signed_curve25519:A", { one_time_keys: { "signed_curve25519:A": 7 } }],
    ["fallback_keys", { fallback_keys: { bad: good } }],
    ["one_time_keys", { one_time_keys: [] }],
    ["device_keys", { device_keys: "x" }],
    ["algorithms", { device_keys: { ...alice.keys.deviceKeys(), algorithms: undefined } }],
  ];
  for (const [member, request] of bad) {
    const { status, body } = await alice.upload(request);
    assert.deepEqual([status, body.errcode], [400, "M_BAD_JSON"], JSON.stringify(request));
    assert.ok(body.error.includes(member), `${body.error} names ${member}`);
  }
});

test("K2: a key that only looks wrong is taken as long as signatures are not enforced", async () => {
  const alice = await newUser();
  const odd = { key: "not base64 !", signatures: { "@nobody:else": { "x:y": "z" } } };
  const { status } = await alice.upload({ one_time_keys: { "signed_curve25519:ODD": odd } });
  assert.equal(status, 200);
  assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), ["signed_curve25519:ODD", odd]);
});

test("K3: the same keys again are accepted, without effect, also with other signatures", async () => {
  const alice = await newUser();
  const keys = alice.keys.oneTimeKeys(5);
  await alice.upload({ one_time_keys: keys });
  const resigned = Object.fromEntries(Object.entries(keys).map(([id, { key }]) => [id, { key, signatures: {} }]));
  for (const again of [keys, resigned]) {
    const { status, body } = await alice.upload({ one_time_keys: again });
    assert.equal(status, 200);
    assert.deepEqual(body.one_time_key_counts, { signed_curve25519: 5 });
  }
  const [id, key] = (await bob.claim(alice.userId, alice.deviceId)) ?? [];
  assert.deepEqual(key, keys[id ?? ""]);
});

test("K4: an id that exists with another public key is refused, and nothing of the request is stored", async () => {
  const alice = await newUser();
  const old = alice.keys.oneTimeKeys(2);
  await alice.upload({ one_time_keys: old });
  const clashing = { ...alice.keys.oneTimeKeys(2), "signed_curve25519:NEW": alice.keys.oneTimeKey() };
  const { status, body } = await alice.upload({
    device_keys: alice.keys.deviceKeys(),
    one_time_keys: clashing,
    fallback_keys: alice.keys.fallbackKey(),
  });
  assert.equal(status, 400);
  assert.equal(body.errcode, "io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY");
  assert.deepEqual(body["io.claviger.conflicts"].toSorted(), Object.keys(old).toSorted());
  const text = /^One time key (\S+) already exists\. Old key: (.*); new key: (.*)$/.exec(body.error);
  const id = text?.[1] ?? "";
  assert.deepEqual(JSON.parse(text?.[2] ?? ""), old[id]);
  assert.deepEqual(JSON.parse(text?.[3] ?? ""), clashing[id as keyof typeof clashing]);
  assert.deepEqual((await alice.upload({})).body.one_time_key_counts, { signed_curve25519: 2 });
  assert.deepEqual((await bob.query(alice.userId)).device_keys[alice.userId], {});
});

test("K4: a text that clients could not take apart is left out", async () => {
  const alice = await newUser();
  for (const [id, key] of [
    ["semicolon", "a;b"],
    ["long", "x".repeat(3000)],
  ] as const) {
    const keyId = `signed_curve25519:${id}`;
    await alice.upload({ one_time_keys: { [keyId]: { key, signatures: {} } } });
    const { body } = await alice.upload({ one_time_keys: { [keyId]: alice.keys.oneTimeKey() } });
    assert.equal(body.error, `One time key ${keyId} already exists.`);
    assert.deepEqual(body["io.claviger.conflicts"], [keyId]);
  }
});

test("K4: ids that were issued, and fallback ids, do not clash", async () => {
  const alice = await newUser();
  await alice.upload({
    one_time_keys: { "signed_curve25519:A": alice.keys.oneTimeKey() },
    fallback_keys: alice.keys.fallbackKey("B"),
  });
  await bob.claim(alice.userId, alice.deviceId);
  const { status } = await alice.upload({
    one_time_keys: { "signed_curve25519:A": alice.keys.oneTimeKey(), "signed_curve25519:B": alice.keys.oneTimeKey() },
    fallback_keys: alice.keys.fallbackKey("A"),
  });
  assert.equal(status, 200);
});

test("K4: the stable errcode is sent where the config says so", async () => {
  const stable = await startTestServer({ compatibility: { msc4420_errcode: "stable" } });
  try {
    const alice = await newClient(stable.url, "alice");
    await alice.upload({ one_time_keys: { "signed_curve25519:A": alice.keys.oneTimeKey() } });
    const { body } = await alice.upload({ one_time_keys: { "signed_curve25519:A": alice.keys.oneTimeKey() } });
    assert.equal(body.errcode, "M_DUPLICATE_ONE_TIME_KEY");
  } finally {
    await stable.close();
  }
});

test("K5: an issued key is accepted and not stored, under its id or another", async () => {
  const alice = await newUser();
  const key = alice.keys.oneTimeKey();
  await alice.upload({ one_time_keys: { "signed_curve25519:A": key } });
  await bob.claim(alice.userId, alice.deviceId);
  for (const id of ["signed_curve25519:A", "signed_curve25519:B"]) {
    const { status, body } = await alice.upload({ one_time_keys: { [id]: key } });
    assert.deepEqual([status, body.one_time_key_counts], [200, { signed_curve25519: 0 }]);
  }
  assert.equal(await bob.claim(alice.userId, alice.deviceId), undefined);
});

test("K5: a public key that is in the pool is not stored under another id", async () => {
  const alice = await newUser();
  const key = alice.keys.oneTimeKey();
  const both = { "signed_curve25519:A": key, "signed_curve25519:B": key };
  assert.deepEqual((await alice.upload({ one_time_keys: both })).body.one_time_key_counts, { signed_curve25519: 1 });
  const third = { "signed_curve25519:C": key };
  assert.deepEqual((await alice.upload({ one_time_keys: third })).body.one_time_key_counts, { signed_curve25519: 1 });
});

test("K6: over the limit nothing is stored, and the answer says how many there are", async () => {
  const alice = await newUser();
  const keys = alice.keys.oneTimeKeys(100);
  assert.equal((await alice.upload({ one_time_keys: keys })).status, 200);
  const more = { "signed_curve25519:MORE": alice.keys.oneTimeKey() };
  const { status, body } = await alice.upload({ one_time_keys: more });
  assert.deepEqual([status, body.errcode], [400, "M_TOO_LARGE"]);
  assert.match(body.error, /\b100\b/);
  assert.equal((await alice.upload({ one_time_keys: keys })).status, 200, "only new keys count");
});

test("K7: a fallback key replaces the earlier one, and the same key again stays used", async () => {
  const alice = await newUser();
  const unused = async () => (await alice.sync()).device_unused_fallback_key_types;
  const first = alice.keys.fallbackKey("A");
  await alice.upload({ fallback_keys: first });
  assert.deepEqual(await unused(), ["signed_curve25519"]);
  assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(first)[0]);
  assert.deepEqual(await unused(), []);
  await alice.upload({ fallback_keys: first });
  assert.deepEqual(await unused(), [], "the same key");
  await alice.upload({ fallback_keys: {} });
  assert.deepEqual(await unused(), [], "no key");
  const second = alice.keys.fallbackKey("A");
  await alice.upload({ fallback_keys: second });
  assert.deepEqual(await unused(), ["signed_curve25519"]);
  assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(second)[0]);
});

test("K7: two fallback keys of one algorithm are refused", async () => {
  const alice = await newUser();
  const { status, body } = await alice.upload({
    fallback_keys: { ...alice.keys.fallbackKey("A"), ...alice.keys.fallbackKey("B") },
  });
  assert.deepEqual([status, body.errcode], [400, "M_BAD_JSON"]);
});

test("K7: the draft's member names are read, and the stable one wins", async () => {
  for (const name of ["org.matrix.msc2732.fallback_keys", "org.matrix.msc2732.fallback_key"]) {
    const alice = await newUser();
    const draft = alice.keys.fallbackKey("DRAFT");
    await alice.upload({ [name]: draft });
    assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(draft)[0]);
    const stable = alice.keys.fallbackKey("STABLE");
    await alice.upload({ [name]: draft, fallback_keys: stable });
    assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(stable)[0]);
  }
});

test("K8: bad signatures are refused only where they are enforced", async () => {
  const strict = await startTestServer({ keys: { verify_signatures: "enforce" } });
  try {
    const alice = await newClient(strict.url, "alice");
    const stranger = new KeyedDevice(alice.account);
    const good = {
      device_keys: alice.keys.deviceKeys(),
      one_time_keys: alice.keys.oneTimeKeys(3),
      fallback_keys: alice.keys.fallbackKey(),
    };
    assert.equal((await alice.upload(good)).status, 200);
    for (const bad of [
      { one_time_keys: stranger.oneTimeKeys(1, "X") },
      { fallback_keys: stranger.fallbackKey() },
      { device_keys: { ...alice.keys.deviceKeys(), algorithms: ["changed"] } },
    ]) {
      const { status, body } = await alice.upload(bad);
      assert.deepEqual([status, body.errcode], [400, "M_INVALID_SIGNATURE"], JSON.stringify(bad));
    }
    assert.equal((await alice.upload({})).body.one_time_key_counts.signed_curve25519, 3);
  } finally {
    await strict.close();
  }
});

test("K9: other identity keys drop the pool, the fallback key and the signatures on the old identity", async () => {
  const alice = await newUser();
  const crossSigning = new CrossSigningKeys(alice.userId);
  await alice.upload({
    device_keys: alice.keys.deviceKeys(),
    one_time_keys: alice.keys.oneTimeKeys(3),
    fallback_keys: alice.keys.fallbackKey(),
  });
  await alice.post("/keys/device_signing/upload", crossSigning.body());
  const since = (await alice.sync()).next_batch;
  const replaced = new KeyedDevice(alice.account);
  const own = { "signed_curve25519:OWN": replaced.oneTimeKey() };
  const { body } = await alice.upload({ device_keys: replaced.deviceKeys(), one_time_keys: own });
  assert.deepEqual(body.one_time_key_counts, { signed_curve25519: 1 });
  assert.deepEqual((await alice.sync(since)).device_lists.changed, [alice.userId]);
  assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(own)[0]);
  assert.equal(await bob.claim(alice.userId, alice.deviceId), undefined, "no fallback key is left");
});

test("K9: where identity keys are fixed, others are refused", async () => {
  const fixed = await startTestServer({ keys: { identity_keys: "fixed" } });
  try {
    const alice = await newClient(fixed.url, "alice");
    await alice.upload({ device_keys: alice.keys.deviceKeys(), one_time_keys: alice.keys.oneTimeKeys(2) });
    const { status, body } = await alice.upload({ device_keys: new KeyedDevice(alice.account).deviceKeys() });
    assert.deepEqual([status, body.errcode], [400, "M_UNKNOWN"]);
    assert.deepEqual((await alice.upload({})).body.one_time_key_counts, { signed_curve25519: 2 });
  } finally {
    await fixed.close();
  }
});

test("K10: the answer counts one-time keys per algorithm, and names signed_curve25519 always", async () => {
  const alice = await newUser();
  assert.deepEqual((await alice.upload({})).body.one_time_key_counts, { signed_curve25519: 0 });
  const { body } = await alice.upload({
    one_time_keys: { "curve25519:A": curve25519() },
    fallback_keys: alice.keys.fallbackKey(),
  });
  assert.deepEqual(body.one_time_key_counts, { signed_curve25519: 0, curve25519: 1 });
});

test("K11: a cross-signing key that is named like a device is refused", async () => {
  const alice = await newUser();
  const crossSigning = new CrossSigningKeys(alice.userId);
  const named = await alice.post("/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: alice.userId },
    password: `${alice.userId.slice(1).split(":")[0]}-password`,
    device_id: crossSigning.selfSigning.publicKey,
  });
  assert.equal(named.status, 200);
  const { status, body } = await alice.post("/keys/device_signing/upload", crossSigning.body());
  assert.deepEqual([status, body.errcode], [403, "M_FORBIDDEN"]);
});

test("K11: a device that would be named like a cross-signing key is refused", async () => {
  const alice = await newUser();
  const crossSigning = new CrossSigningKeys(alice.userId);
  await alice.post("/keys/device_signing/upload", crossSigning.body());
  const { status, body } = await alice.post("/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: alice.userId },
    password: `${alice.userId.slice(1).split(":")[0]}-password`,
    device_id: crossSigning.master.publicKey,
  });
  assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"]);
});
