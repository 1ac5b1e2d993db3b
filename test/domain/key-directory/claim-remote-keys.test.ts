import assert from "node:assert/strict";
import { test } from "node:test";
import type { RemoteAnswer } from "../../../src/domain/federation-out/remote-answer.ts";
import { claimKeys } from "../../../src/domain/key-directory/claim-keys.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../../src/protocol/json.ts";
import { KeyedDevice, signingPair } from "../../support/signed-keys.ts";
import { alice } from "../open-house.ts";
import { refusal } from "../refusal.ts";
import {
  cachedKeys,
  carol,
  claim,
  dave,
  down,
  erin,
  failing,
  isFresh,
  openFederatedHouse,
  other,
  remote,
  track,
  viewer,
} from "./federated-house.ts";
import { algorithm, deviceOf, putPool } from "./proxied-house.ts";

const keyOf = (userId: UserId, deviceId = "PHONE") => new KeyedDevice(deviceOf(userId, deviceId)).oneTimeKey();

/** An answer with these in `one_time_keys`. */
const giving = (oneTimeKeys: JsonValue): RemoteAnswer => ({ body: { one_time_keys: oneTimeKeys } });

const wanting = (userId: UserId, ...devices: string[]) => ({
  [userId]: Object.fromEntries(devices.map((deviceId) => [deviceId, algorithm])),
});

const unavailable = { status: 503, errcode: "M_UNAVAILABLE" } as const;

test("C5: one request to each server, with its users alone, while ours are claimed here", async (t) => {
  const house = await openFederatedHouse(t);
  const keys = new KeyedDevice(deviceOf(alice)).oneTimeKeys(1, "OURS");
  await putPool(house, deviceOf(alice), keys);
  house.remoteServers.claim = (_, body) =>
    giving(
      Object.fromEntries(
        Object.entries(body).map(([userId, devices]) => [
          userId,
          Object.fromEntries(Object.keys(devices).map((id) => [id, { [`${algorithm}:${id}`]: keyOf(carol, id) }])),
        ]),
      ),
    );
  const request = {
    ...wanting(carol, "A", "B"),
    ...wanting(alice, "PHONE"),
    ...wanting(dave, "C"),
    ...wanting(erin, "D"),
  };
  const answer = await claim(house, request, 7_000);
  assert.deepEqual(answer.failures, new Map());
  assert.deepEqual(Object.fromEntries([...answer.keys].map(([userId, ids]) => [userId, Object.fromEntries(ids)])), {
    [alice]: { PHONE: `${algorithm}:OURS0` },
    [carol]: { A: `${algorithm}:A`, B: `${algorithm}:B` },
    [dave]: { C: `${algorithm}:C` },
    [erin]: { D: `${algorithm}:D` },
  });
  assert.deepEqual(house.remoteServers.claims, [
    { server: remote, timeout: 7_000, body: { ...wanting(carol, "A", "B"), ...wanting(dave, "C") } },
    { server: other, timeout: 7_000, body: wanting(erin, "D") },
  ]);
  assert.deepEqual(house.dropped, []);
});

test("C5: a server has the default time, what the client says, or a minute", async (t) => {
  const house = await openFederatedHouse(t);
  for (const timeout of [undefined, 5, 3600_000]) await claim(house, wanting(carol, "A"), timeout);
  assert.deepEqual(
    house.remoteServers.claims.map(({ timeout }) => timeout),
    [10_000, 5, 60_000],
  );
});

test("C4, C5: a server that fails stands in the failures, and none of its users among the keys", async (t) => {
  const house = await openFederatedHouse(t);
  const cases: [RemoteAnswer, object][] = [
    [down, { ...unavailable, error: "It cannot be reached" }],
    [failing("spared"), { ...unavailable, error: "as scripted" }],
    [failing("timeout"), { status: 504, errcode: "M_UNAVAILABLE", error: "as scripted" }],
    [failing("status", 403), { status: 403, errcode: "M_UNKNOWN", error: "as scripted" }],
    [failing("unreadable"), { status: 502, errcode: "M_UNKNOWN", error: "as scripted" }],
  ];
  for (const body of [{}, { one_time_keys: null }, { one_time_keys: [] }, { one_time_keys: "none" }]) {
    const error = "The server's answer has not the shape that it must have";
    cases.push([{ body }, { status: 502, errcode: "M_UNKNOWN", error }]);
  }
  for (const [answer, failure] of cases) {
    house.remoteServers.claim = (server) => (server === remote ? answer : giving({}));
    const { keys, failures } = await claim(house, { ...wanting(carol, "A"), ...wanting(erin, "B"), [dave]: {} });
    assert.deepEqual(keys, new Map([[erin, new Map([["B", undefined]])]]));
    assert.deepEqual(failures, new Map([[remote, failure]]));
  }
});

test("C4: what a server leaves out is there all the same; who asks for no device makes no request", async (t) => {
  const house = await openFederatedHouse(t);
  house.remoteServers.claim = () => giving({ [carol]: {} });
  const { keys } = await claim(house, { ...wanting(carol, "A"), ...wanting(dave, "B"), [erin]: {} });
  assert.deepEqual(
    [...keys],
    [
      [carol, new Map([["A", undefined]])],
      [dave, new Map([["B", undefined]])],
      [erin, new Map()],
    ],
  );
  assert.deepEqual(
    house.remoteServers.claims.map(({ server }) => server),
    [remote],
  );
});

test("C5: what was not asked for, and what has a wrong shape, is dropped and counted", async (t) => {
  const house = await openFederatedHouse(t);
  const good = { [`${algorithm}:GOOD`]: keyOf(carol) };
  const hostile: [JsonValue, string | undefined, number][] = [
    [good, "GOOD", 0],
    [{}, undefined, 0],
    ["rubbish", undefined, 1],
    [null, undefined, 1],
    [[good], undefined, 1],
    [{ ...good, [`${algorithm}:SECOND`]: keyOf(carol) }, "GOOD", 1],
    [{ "signed_other:X": keyOf(carol), ...good }, "GOOD", 1],
    [{ "curve25519:X": "a key of another algorithm" }, undefined, 1],
    [{ withoutColon: keyOf(carol) }, undefined, 1],
    [{ [`${algorithm}:`]: keyOf(carol) }, undefined, 1],
    [{ [`${algorithm}:a:b`]: keyOf(carol) }, undefined, 1],
    [{ [`${algorithm}:${"x".repeat(255)}`]: keyOf(carol) }, undefined, 1],
    [{ [`${algorithm}:X`]: { ...keyOf(carol), key: 5 } }, undefined, 1],
    [{ [`${algorithm}:X`]: { key: "unsigned" } }, undefined, 1],
    [{ [`${algorithm}:X`]: { ...keyOf(carol), "org.example": 0.5 } }, undefined, 1],
    [{ [`${algorithm}:X`]: { ...keyOf(carol), "org.example": "x".repeat(16_384) } }, undefined, 1],
    [{ [`${algorithm}:X`]: 5 }, undefined, 1],
  ];
  for (const [given, id, dropped] of hostile) {
    house.dropped.length = 0;
    house.remoteServers.claim = () => giving({ [carol]: { PHONE: given } });
    const { keys, failures } = await claim(house, wanting(carol, "PHONE"));
    const found = keys.get(carol)?.get(deviceOf(carol).deviceId);
    assert.deepEqual([found, failures.size], [id === undefined ? undefined : `${algorithm}:${id}`, 0]);
    assert.deepEqual(house.dropped, dropped === 0 ? [] : [dropped], JSON.stringify(given).slice(0, 100));
  }
});

test("C5: keys of other users, other devices and our own are nobody's", async (t) => {
  const house = await openFederatedHouse(t);
  const given = { [`${algorithm}:X`]: keyOf(carol) };
  house.remoteServers.claim = () =>
    giving({
      [alice]: { PHONE: given },
      [dave]: { PHONE: given },
      [erin]: { PHONE: given },
      "no user": { PHONE: given },
      [carol]: { TABLET: given },
    });
  const { keys, failures } = await claim(house, { ...wanting(alice, "PHONE"), ...wanting(carol, "PHONE") });
  assert.deepEqual(
    [...keys],
    [
      [alice, new Map([["PHONE", undefined]])],
      [carol, new Map([["PHONE", undefined]])],
    ],
  );
  assert.deepEqual([failures.size, house.dropped], [0, [5]]);
});

test("E2: devices and members with the names of prototypes are devices and members like others", async (t) => {
  const house = await openFederatedHouse(t);
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const ask = (...devices: string[]) =>
    JSON.parse(`{"${carol}":{${devices.map((name) => `"${name}":"${algorithm}"`).join()}}}`);
  house.remoteServers.claim = () => giving(JSON.parse(`{"__proto__":{"a":{}},"constructor":{},"${carol}":{}}`));
  const none = await claim(house, ask(...names));
  assert.deepEqual(
    [...(none.keys.get(carol) ?? [])],
    names.map((name) => [name, undefined]),
  );
  assert.deepEqual(house.dropped, [2]);
  const key = JSON.stringify({ [`${algorithm}:X`]: keyOf(carol) });
  house.remoteServers.claim = () =>
    ({ body: JSON.parse(`{"one_time_keys":{"${carol}":{"__proto__":${key},"valueOf":${key}}}}`) }) as RemoteAnswer;
  const { keys } = await claim(house, ask(...names));
  assert.deepEqual([...(keys.get(carol) ?? [])][0], ["__proto__", `${algorithm}:X`]);
  assert.deepEqual(Object.keys(house.remoteServers.claims[1]?.body[carol] ?? {}), names);
  assert.deepEqual(house.dropped, [2, 1]);
  house.remoteServers.claim = () => giving({ [carol]: { PHONE: { "toString:X": keyOf(carol) } } });
  const odd = await claim(house, { [carol]: { PHONE: "toString" } });
  assert.equal(odd.keys.get(carol)?.get(deviceOf(carol).deviceId), "toString:X");
});

test("E2: an answer with 100,000 members is looked through, and lets others work meanwhile", async (t) => {
  const house = await openFederatedHouse(t);
  // Every look at the clock is a millisecond later.
  house.clock.monotonic = () => house.clock.time++;
  const devices = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`D${index}`, {}]));
  house.remoteServers.claim = () => giving({ [carol]: { ...devices, PHONE: { [`${algorithm}:X`]: keyOf(carol) } } });
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  const { keys } = await claim(house, wanting(carol, "PHONE"));
  done = true;
  assert.deepEqual(keys.get(carol), new Map([["PHONE", `${algorithm}:X`]]));
  assert.deepEqual(house.dropped, [100_000]);
  assert.ok(turns > 1000, `others had ${turns} turns`);
});

test("C5: of 50 servers one is dead and one is slow: the answer is there with the slowest live one", async (t) => {
  const house = await openFederatedHouse(t);
  const users = Array.from({ length: 50 }, (_, index) => `@u:s${index}.test` as UserId);
  const answers = new Map<ServerName, PromiseWithResolvers<RemoteAnswer>>();
  const everybodyAsked = Promise.withResolvers<void>();
  house.remoteServers.claim = (server) => {
    const waiting = Promise.withResolvers<RemoteAnswer>();
    if (answers.set(server, waiting).size === users.length) everybodyAsked.resolve();
    return waiting.promise;
  };
  let answered = false;
  const claiming = claim(house, Object.assign({}, ...users.map((userId) => wanting(userId, "PHONE")))).finally(() => {
    answered = true;
  });
  await everybodyAsked.promise;
  const resolve = (index: number, answer: RemoteAnswer) => answers.get(`s${index}.test` as ServerName)?.resolve(answer);
  const keyFrom = (index: number) =>
    giving({ [users[index] as UserId]: { PHONE: { [`${algorithm}:K${index}`]: keyOf(users[index] as UserId) } } });
  for (let index = 2; index < users.length; index++) resolve(index, keyFrom(index));
  resolve(0, failing("timeout"));
  for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next));
  assert.equal(answered, false);
  resolve(1, keyFrom(1));
  const { keys, failures } = await claiming;
  assert.deepEqual([...failures], [["s0.test", { status: 504, errcode: "M_UNAVAILABLE", error: "as scripted" }]]);
  assert.deepEqual(
    [...keys].map(([userId, devices]) => [userId, ...devices.values()]),
    users.slice(1).map((userId, index) => [userId, `${algorithm}:K${index + 1}`]),
  );
});

test("C5: 500 servers are asked in one request; the others stand in the failures at once", async (t) => {
  const house = await openFederatedHouse(t);
  const users = Array.from({ length: 502 }, (_, index) => `@u:s${index}.test` as UserId);
  house.remoteServers.claim = () => giving({});
  const { keys, failures } = await claim(house, Object.assign({}, ...users.map((userId) => wanting(userId, "PHONE"))));
  assert.deepEqual([house.remoteServers.claims.length, keys.size], [500, 500]);
  const error = "At most 500 other servers are asked in one request";
  assert.deepEqual(
    [...failures],
    [
      ["s500.test", { ...unavailable, error }],
      ["s501.test", { ...unavailable, error }],
    ],
  );
});

test("C5: an id that is none refuses the whole request, before anybody is asked", async (t) => {
  const house = await openFederatedHouse(t);
  await putPool(house, deviceOf(alice), new KeyedDevice(deviceOf(alice)).oneTimeKeys(1));
  for (const wrong of [{ carol: {} }, { [carol]: { "a\u0000b": algorithm } }, { [carol]: { PHONE: "" } }]) {
    const request = { ...wanting(alice, "PHONE"), ...wrong } as Record<string, Record<string, string>>;
    assert.equal((await refusal(claimKeys(house, viewer, request))).errcode, "M_INVALID_PARAM");
  }
  assert.deepEqual(house.remoteServers.claims, []);
  assert.equal((await claim(house, wanting(alice, "PHONE"))).keys.get(alice)?.size, 1);
});

const device = new KeyedDevice(deviceOf(carol));

/** Claims a key of each of carol's devices, which is the same for all. */
async function claimFromCarol(t: Parameters<typeof openFederatedHouse>[0], key: JsonValue, ...devices: string[]) {
  const house = await openFederatedHouse(t);
  await track(house, carol, cachedKeys([device]));
  await track(house, dave, cachedKeys([]));
  house.remoteServers.claim = () =>
    giving({ [carol]: Object.fromEntries(devices.map((id) => [id, { [`${algorithm}:X`]: key }])) });
  const { keys } = await claim(house, { ...wanting(carol, ...devices), [dave]: {} });
  assert.deepEqual(
    [...(keys.get(carol)?.values() ?? [])],
    devices.map(() => `${algorithm}:X`),
    "it is given all the same",
  );
  assert.equal(await isFresh(house, dave), true, "nothing speaks against it");
  return house;
}

test("Q4: a key that the cached identity has signed leaves the device list fresh", async (t) => {
  assert.equal(await isFresh(await claimFromCarol(t, device.oneTimeKey(), "PHONE"), carol), true);
});

test("Q4: a key that the cached identity has not signed shows that the list is out of date", async (t) => {
  const impostor = new KeyedDevice(deviceOf(carol));
  const house = await claimFromCarol(t, impostor.oneTimeKey(), "PHONE");
  assert.equal(await isFresh(house, carol), false);
  assert.ok(house.woken.includes(carol), "it is fetched anew");
  assert.equal(await isFresh(await claimFromCarol(t, { key: "x", signatures: {} }, "PHONE"), carol), false);
});

test("Q4: a claim of a device that the fresh list does not have shows that it is out of date", async (t) => {
  assert.equal(await isFresh(await claimFromCarol(t, device.oneTimeKey(), "PHONE", "TABLET"), carol), false);
});

test("Q4: a server that fails shows nothing; a list that is not tracked stays so", async (t) => {
  const house = await openFederatedHouse(t);
  await track(house, carol, cachedKeys([device]));
  await claim(house, wanting(carol, "TABLET"));
  assert.equal(await isFresh(house, carol), true);
  house.remoteServers.claim = () => giving({ [erin]: { PHONE: { [`${algorithm}:X`]: keyOf(erin) } } });
  const verified: number[] = [];
  const signatureVerifier = { verify: async (checks: readonly unknown[]) => checks.map(() => verified.push(1) < 0) };
  assert.deepEqual((await claim({ ...house, signatureVerifier }, wanting(erin, "PHONE"))).failures.size, 0);
  assert.deepEqual([await isFresh(house, erin), verified], [undefined, []]);
});

test("Q4: a list that is stale already is due as it was, and no signature is verified for it", async (t) => {
  const house = await openFederatedHouse(t);
  await track(house, carol, cachedKeys([device]), { isFresh: false, nextResyncAt: 5 });
  const before = await house.rows("remote_device_lists");
  house.remoteServers.claim = () => giving({ [carol]: { PHONE: { [`${algorithm}:X`]: keyOf(carol) } } });
  let verified = 0;
  const signatureVerifier = { verify: async (checks: readonly unknown[]) => checks.map(() => verified++ < 0) };
  await claim({ ...house, signatureVerifier }, wanting(carol, "PHONE", "TABLET"));
  assert.deepEqual([await house.rows("remote_device_lists"), verified], [before, 0]);
});

test("Q4: keys of algorithms without signatures, and devices without ed25519 key, speak against nothing", async (t) => {
  const house = await openFederatedHouse(t);
  const { devices } = cachedKeys([device, new KeyedDevice(deviceOf(carol, "TABLET"))]);
  const bare = devices.map((one) => (one.deviceId === "TABLET" ? { ...one, ed25519: undefined } : one));
  await track(house, carol, { devices: bare, crossSigningKeys: [] });
  const [text, object] = [
    { "curve25519:X": signingPair().publicKey },
    { [`${algorithm}:X`]: keyOf(carol) as JsonObject },
  ];
  house.remoteServers.claim = () => giving({ [carol]: { PHONE: text, TABLET: object } });
  const { keys } = await claim(house, { [carol]: { PHONE: "curve25519", TABLET: algorithm } });
  assert.deepEqual([...(keys.get(carol)?.values() ?? [])], ["curve25519:X", `${algorithm}:X`]);
  assert.equal(await isFresh(house, carol), true);
});
