import assert from "node:assert/strict";
import { test } from "node:test";
import type { RemoteAnswer } from "../../../src/domain/federation-out/remote-answer.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../../src/protocol/json.ts";
import { CrossSigningKeys, KeyedDevice, signed, signingPair } from "../../support/signed-keys.ts";
import { alice, bob } from "../open-house.ts";
import {
  cachedKeys,
  carol,
  dave,
  down,
  erin,
  failing,
  isFresh,
  openFederatedHouse,
  other,
  query,
  remote,
  track,
} from "./federated-house.ts";
import { deviceOf, putDevice, storing } from "./proxied-house.ts";

const deviceKeysOf = (userId: UserId, deviceId = "PHONE") =>
  new KeyedDevice(deviceOf(userId, deviceId)).deviceKeys() as JsonObject;

const answering = (body: JsonObject): RemoteAnswer => ({ body });

const unavailable = { status: 503, errcode: "M_UNAVAILABLE", error: "It cannot be reached" };

test("Q1, Q4: one request to each server, with its users alone, while ours are read here", async (t) => {
  const house = await openFederatedHouse(t);
  const [ours, theirs] = [deviceKeysOf(alice), deviceKeysOf(carol)];
  const keys = new CrossSigningKeys(carol);
  await putDevice(house, ours);
  house.remoteServers.query = (server) =>
    answering({
      device_keys: (server === remote
        ? { [carol]: { PHONE: { ...theirs, unsigned: { device_display_name: "Carol's", "org.example": 1 } } } }
        : {}) as JsonObject,
      ...(server === remote && {
        master_keys: { [carol]: keys.masterKey() },
        self_signing_keys: { [carol]: keys.body().self_signing_key },
      }),
    });
  const answer = await query(house, { [carol]: ["PHONE"], [alice]: [], [dave]: [], [erin]: [] }, 7_000);
  assert.deepEqual(answer, {
    devices: {
      [alice]: { PHONE: { ...ours, unsigned: {} } },
      [carol]: { PHONE: { ...theirs, unsigned: { device_display_name: "Carol's" } } },
      ...{ [dave]: {}, [erin]: {} },
    },
    master: { [carol]: keys.masterKey() },
    selfSigning: { [carol]: keys.body().self_signing_key },
    userSigning: {},
    failures: {},
  });
  assert.deepEqual(house.remoteServers.queries, [
    { server: remote, timeout: 7_000, body: { [carol]: ["PHONE"], [dave]: [] } },
    { server: other, timeout: 7_000, body: { [erin]: [] } },
  ]);
  assert.deepEqual(house.dropped, []);
});

test("Q1, Q4: a server that fails, or whose answer is none, stands in the failures, and its users are not there", async (t) => {
  const house = await openFederatedHouse(t);
  const shapeless = {
    ...{ status: 502, errcode: "M_UNKNOWN", error: "The server's answer has not the shape that it must have" },
  };
  for (const [answer, failure] of [
    [down, unavailable],
    [failing("timeout"), { status: 504, errcode: "M_UNAVAILABLE", error: "as scripted" }],
    [answering({}), shapeless],
    [answering({ device_keys: [] }), shapeless],
  ] as const) {
    house.remoteServers.query = (server) => (server === remote ? answer : answering({ device_keys: {} }));
    const { devices, failures } = await query(house, { [carol]: [], [dave]: [], [erin]: [] });
    assert.deepEqual([devices, failures], [{ [erin]: {} }, { [remote]: failure }]);
  }
});

test("Q4: what was not asked for, and what has a wrong shape, is dropped and counted", async (t) => {
  const house = await openFederatedHouse(t);
  const good = deviceKeysOf(carol);
  const { signatures: _, ...unsigned } = deviceKeysOf(carol, "UNSIGNED");
  const hostile: [JsonValue, number][] = [
    ["rubbish", 1],
    [{ TEXT: "rubbish", NULL: null, LIST: [], EMPTY: {}, UNSIGNED: unsigned }, 5],
    [{ ANOTHER: good, PHONE: deviceKeysOf(dave) }, 2],
    [{ PHONE: { ...good, "org.example": "x".repeat(65_536) } }, 1],
    [JSON.parse('{"__proto__":{"a":1},"constructor":{}}'), 2],
  ];
  for (const [given, dropped] of hostile) {
    house.dropped.length = 0;
    house.remoteServers.query = () => answering({ device_keys: { [carol]: given } });
    assert.deepEqual((await query(house, { [carol]: [] })).devices, { [carol]: {} });
    assert.deepEqual(house.dropped, [dropped]);
  }
  house.dropped.length = 0;
  house.remoteServers.query = () =>
    answering({
      device_keys: { [carol]: { PHONE: good, TABLET: deviceKeysOf(carol, "TABLET") }, [alice]: { PHONE: good } },
      master_keys: { [carol]: new CrossSigningKeys(dave).masterKey(), [alice]: {}, "no user": 5 },
      self_signing_keys: { [carol]: new CrossSigningKeys(carol).masterKey() },
    });
  const answer = await query(house, { [carol]: ["PHONE"] });
  assert.deepEqual(answer.devices, { [carol]: { PHONE: { ...good, unsigned: {} } } });
  assert.deepEqual([answer.master, answer.selfSigning, house.dropped], [{}, {}, [1 + 1 + 3 + 1]]);
});

test("Q3: another server's user-signing keys are shown to nobody, and others' signatures are not either", async (t) => {
  const house = await openFederatedHouse(t);
  const keys = new CrossSigningKeys(carol);
  const daves = new CrossSigningKeys(dave);
  const bobs = signingPair();
  const master = signed(keys.masterKey(), dave, `ed25519:${daves.userSigning.publicKey}`, daves.userSigning);
  const forged = signed(master, bob, `ed25519:${bobs.publicKey}`, bobs);
  const own = signed(keys.masterKey(), carol, "ed25519:PHONE", signingPair());
  house.remoteServers.query = () =>
    answering({
      device_keys: {},
      master_keys: {
        [carol]: {
          ...forged,
          signatures: { ...(forged["signatures"] as JsonObject), ...(own["signatures"] as JsonObject) },
        },
      },
      user_signing_keys: { [carol]: keys.body().user_signing_key },
    });
  const answer = await query(house, { [carol]: [] });
  assert.deepEqual(answer.userSigning, {});
  assert.deepEqual(answer.master[carol]?.["signatures"], own["signatures"]);
  assert.deepEqual(house.dropped, [1]);
});

test("Q3: on another server's master key the viewer sees the signature that it made itself, from the cache too", async (t) => {
  const house = await openFederatedHouse(t);
  const keys = new CrossSigningKeys(carol);
  const target = { userId: carol, key: keys.master.publicKey };
  await storing(house, async ({ keySignatures }) => {
    await keySignatures.put(target, { signer: bob, keyId: "ed25519:BOBS", signature: "bob's" });
    await keySignatures.put(target, { signer: alice, keyId: "ed25519:ALICES", signature: "alice's" });
  });
  house.remoteServers.query = () => answering({ device_keys: {}, master_keys: { [carol]: keys.masterKey() } });
  const seen = async () => (await query(house, { [carol]: [] })).master[carol]?.["signatures"];
  assert.deepEqual(await seen(), { [bob]: { "ed25519:BOBS": "bob's" } });
  await track(house, carol, cachedKeys([], keys));
  assert.deepEqual(await seen(), { [bob]: { "ed25519:BOBS": "bob's" } });
  assert.equal(house.remoteServers.queries.length, 1);
  await track(house, carol, cachedKeys([], new CrossSigningKeys(carol)));
  assert.equal(await seen(), undefined, "it is on another key");
});

test("Q4: users whose lists are known to be fresh come from the cache, without a request", async (t) => {
  const house = await openFederatedHouse(t);
  const [phone, tablet] = [new KeyedDevice(deviceOf(carol)), new KeyedDevice(deviceOf(carol, "TABLET"))];
  const keys = new CrossSigningKeys(carol);
  await track(house, carol, cachedKeys([phone, tablet], keys));
  house.remoteServers.query = () => answering({ device_keys: {} });
  const answer = await query(house, { [carol]: ["PHONE", "UNHEARD"], [dave]: [] });
  const rendered = { ...phone.deviceKeys(), unsigned: { device_display_name: "cached" } };
  assert.deepEqual(answer.devices, { [carol]: { PHONE: rendered }, [dave]: {} });
  assert.deepEqual(
    [answer.master, answer.selfSigning, answer.failures],
    [{ [carol]: keys.masterKey() }, { [carol]: keys.body().self_signing_key }, {}],
  );
  assert.deepEqual(
    house.remoteServers.queries.map(({ body }) => body),
    [{ [dave]: [] }],
  );
  assert.deepEqual(Object.keys((await query(house, { [carol]: [] })).devices[carol] ?? {}), ["PHONE", "TABLET"]);
  assert.equal(house.remoteServers.queries.length, 1, "no other user is asked for");
});

test("Q4: a list that is stale, or followed no longer, is fetched; the cache stands in for a server that fails", async (t) => {
  const phone = new KeyedDevice(deviceOf(carol));
  const cases = { isFresh: false, followedUntil: undefined };
  for (const [name, value] of Object.entries(cases)) {
    const house = await openFederatedHouse(t);
    await track(house, carol, cachedKeys([phone], new CrossSigningKeys(carol)), { [name]: value });
    house.remoteServers.query = () => answering({ device_keys: {} });
    assert.deepEqual((await query(house, { [carol]: [] })).devices, { [carol]: {} });
    house.remoteServers.query = () => down;
    const { devices, master, failures } = await query(house, { [carol]: [], [dave]: [] });
    assert.deepEqual([Object.keys(devices), Object.keys(devices[carol] ?? {})], [[carol], ["PHONE"]]);
    assert.deepEqual([Object.keys(master), failures], [[carol], { [remote]: unavailable }]);
    assert.equal(house.remoteServers.queries.length, 2);
  }
});

test("Q4: a promise to tell of changes ends when it ends", async (t) => {
  const house = await openFederatedHouse(t);
  await track(house, carol, cachedKeys([]), { followedUntil: house.clock.now() + 1000 });
  house.remoteServers.query = () => answering({ device_keys: {} });
  house.clock.advance(999);
  await query(house, { [carol]: [] });
  assert.equal(house.remoteServers.queries.length, 0);
  house.clock.advance(1);
  await query(house, { [carol]: [] });
  assert.equal(house.remoteServers.queries.length, 1);
});

test("Q4: of a server that fails, what is known to be fresh stands beside the failure; a list never fetched does not", async (t) => {
  const house = await openFederatedHouse(t);
  await track(house, carol, cachedKeys([new KeyedDevice(deviceOf(carol))]));
  const unfetched = { streamId: undefined, isFresh: false, followedUntil: undefined };
  await track(house, dave, cachedKeys([]), unfetched);
  const { devices, failures } = await query(house, { [carol]: [], [dave]: [] });
  assert.deepEqual([Object.keys(devices), Object.keys(failures)], [[carol], [remote]]);
});

test("Q4: a device that its server gives otherwise than the fresh list has it shows that the list is out of date", async (t) => {
  const known = new KeyedDevice(deviceOf(carol));
  const cases: [KeyedDevice, boolean][] = [
    [known, true],
    [new KeyedDevice(deviceOf(carol)), false],
    [new KeyedDevice(deviceOf(carol, "TABLET")), false],
  ];
  for (const [given, fresh] of cases) {
    const house = await openFederatedHouse(t);
    await track(house, carol, cachedKeys([known]), { followedUntil: undefined });
    house.remoteServers.query = () => answering({ device_keys: { [carol]: { [given.deviceId]: given.deviceKeys() } } });
    await query(house, { [carol]: [] });
    assert.equal(await isFresh(house, carol), fresh);
    assert.equal(house.woken.includes(carol), !fresh);
  }
});

test("Q4: of a user with more devices than one of ours may have, the first 1,000 are taken", async (t) => {
  const house = await openFederatedHouse(t);
  const template = deviceKeysOf(carol, "D");
  const devices = Array.from({ length: 1001 }, (_, index) => [`D${index}`, { ...template, device_id: `D${index}` }]);
  house.remoteServers.query = () => answering({ device_keys: { [carol]: Object.fromEntries(devices) } });
  const answer = await query(house, { [carol]: [] });
  assert.deepEqual([Object.keys(answer.devices[carol] ?? {}).length, house.dropped], [1000, [1]]);
});

test("E2: an answer with 100,000 members is looked through, and lets others work meanwhile", async (t) => {
  const house = await openFederatedHouse(t);
  // Every look at the clock is a millisecond later.
  house.clock.monotonic = () => house.clock.time++;
  const rubbish = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`D${index}`, {}]));
  house.remoteServers.query = () => answering({ device_keys: { [carol]: rubbish }, master_keys: rubbish });
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  assert.deepEqual((await query(house, { [carol]: [] })).devices, { [carol]: {} });
  done = true;
  assert.deepEqual(house.dropped, [100_000]);
  assert.ok(turns > 1000, `others had ${turns} turns`);
});

test("Q4: 500 servers are asked in one request; of the others what is known stands beside their failure", async (t) => {
  const house = await openFederatedHouse(t);
  const users = Array.from({ length: 503 }, (_, index) => `@u:s${index}.test` as UserId);
  const [first, last] = [users[0] as UserId, users[502] as UserId];
  await track(house, first, cachedKeys([]));
  await track(house, last, cachedKeys([new KeyedDevice(deviceOf(last))]), { isFresh: false });
  house.remoteServers.query = () => answering({ device_keys: {} });
  const { devices, failures } = await query(house, Object.fromEntries(users.map((userId) => [userId, []])));
  assert.equal(house.remoteServers.queries.length, 500);
  const asked = new Set(house.remoteServers.queries.map(({ server }) => server));
  assert.ok(!asked.has("s0.test" as ServerName), "who is known to be fresh counts for nothing");
  assert.deepEqual(Object.keys(failures), ["s501.test", "s502.test"]);
  assert.deepEqual(Object.keys(devices[last] ?? {}), ["PHONE"]);
  assert.equal(devices[users[501] as UserId], undefined);
});

test("S2: who is asked for from the cache is needed", async (t) => {
  const house = await openFederatedHouse(t);
  const usedAt = house.clock.now() - 24 * 3600_000;
  for (const userId of [carol, dave]) await track(house, userId, { devices: [], crossSigningKeys: [] }, { usedAt });
  await query(house, { [carol]: [] });
  const used = async (userId: UserId) =>
    (await house.snapshots.ask(({ remoteDeviceLists }) => remoteDeviceLists.findList(userId)))?.usedAt;
  assert.deepEqual([await used(carol), await used(dave)], [house.clock.now(), usedAt]);
});
