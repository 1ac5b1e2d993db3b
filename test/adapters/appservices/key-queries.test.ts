import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { devicesAsked, devicesOf, ghost, openKeys } from "./open-keys.ts";

const other = "@bridge_other:localhost";
const ghostId = ghost as UserId;

test("Q5: users and devices are asked on the draft's path, and what the appservice says comes back", async (t) => {
  const { bridge, query, outcomes } = await openKeys(t);
  const body = {
    device_keys: { [ghost]: { DEVICE: { device_id: "DEVICE" } }, [other]: { D1: { a: 1 }, D2: { b: 2 } } },
    master_keys: { [ghost]: { usage: ["master"] } },
    self_signing_keys: { [ghost]: { usage: ["self_signing"] } },
    user_signing_keys: { [other]: { usage: ["user_signing"] } },
    failures: {},
  };
  bridge.on.query = () => ({ body });
  const found = await query({ [ghost]: ["DEVICE", "GONE"], [other]: [], "@bridge_nobody:localhost": [] });
  const [request] = bridge.requests;
  assert.equal(`${request?.method} ${request?.path}`, "POST /_matrix/app/unstable/org.matrix.msc3984/keys/query");
  assert.equal(request?.authorization, `Bearer ${bridge.registration.hsToken}`);
  assert.deepEqual(request?.body, { [ghost]: ["DEVICE", "GONE"], [other]: [], "@bridge_nobody:localhost": [] });
  assert.deepEqual(devicesOf(found), { [ghost]: ["DEVICE"], [other]: ["D1", "D2"] });
  assert.deepEqual(found.get(other as UserId)?.devices.get("D2" as DeviceId), { b: 2 });
  assert.deepEqual(found.get(ghostId)?.crossSigningKeys, {
    master: { usage: ["master"] },
    self_signing: { usage: ["self_signing"] },
  });
  assert.deepEqual(found.get(other as UserId)?.crossSigningKeys, { user_signing: { usage: ["user_signing"] } });
  assert.deepEqual([...outcomes.query], [["answered", 3]]);
});

test("Q6: the path that answered is remembered, and forgotten when it is unknown", async (t) => {
  const { bridge, query, clock } = await openKeys(t);
  const [draft, stable] = ["/_matrix/app/unstable/org.matrix.msc3984/keys/query", "/_matrix/app/v1/keys/query"];
  bridge.on.query = () => ({ body: {} });
  for (const unknown of ["/_matrix/app/unstable/", "/_matrix/app/v1/"]) {
    bridge.unknown.splice(0, 1, unknown);
    for (let time = 0; time < 2; time++) {
      await query({ [ghost]: [] });
      clock.passed += 5000;
    }
  }
  assert.deepEqual(
    bridge.requests.map(({ path }) => path),
    [draft, stable, stable, stable, draft, draft],
  );
});

test("Q6: a thousand callers who want the same user share one request", async (t) => {
  const { bridge, query, outcomes } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  const release = bridge.hang("query");
  const callers = Array.from({ length: 1000 }, (_, index) => query({ [ghost]: index % 2 ? ["DEVICE"] : [] }));
  await bridge.until(() => bridge.requests.length === 1);
  release();
  for (const found of await Promise.all(callers)) assert.deepEqual(devicesOf(found), { [ghost]: ["DEVICE"] });
  assert.equal(bridge.requests.length, 1);
  assert.deepEqual(Object.fromEntries(outcomes.query), { answered: 1, shared: 999 });
});

test("Q6: a thousand callers who want the same 250 users share one request", async (t) => {
  const { bridge, query, outcomes } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  const release = bridge.hang("query");
  const callers = Array.from({ length: 1000 }, () => query(users(0, 250)));
  release();
  for (const found of await Promise.all(callers)) assert.equal(found.size, 250);
  assert.equal(bridge.requests.length, 1);
  assert.deepEqual(Object.fromEntries(outcomes.query), { answered: 250, shared: 999 * 250 });
});

test("Q6: an answer is used again for less than 5 s, for the same devices, and for any when all were asked", async (t) => {
  const { bridge, query, clock, outcomes } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  const some = await query({ [ghost]: ["A", "B"] });
  assert.deepEqual(devicesOf(some), { [ghost]: ["A", "B"] });
  assert.deepEqual(devicesOf(await query({ [ghost]: ["B"] })), { [ghost]: ["B"] });
  assert.deepEqual(devicesOf(await query({ [ghost]: ["B", "A"] })), { [ghost]: ["A", "B"] });
  assert.equal(bridge.requests.length, 1);
  assert.deepEqual(devicesOf(await query({ [ghost]: ["B", "C"] })), { [ghost]: ["B", "C"] });
  assert.deepEqual(devicesOf(await query({ [ghost]: [] })), { [ghost]: ["DEVICE"] });
  assert.equal(bridge.requests.length, 3);
  clock.passed += 4999;
  assert.deepEqual(devicesOf(await query({ [ghost]: ["DEVICE", "X"], [other]: [] })), {
    [ghost]: ["DEVICE"],
    [other]: ["DEVICE"],
  });
  assert.deepEqual(bridge.requests[3]?.body, { [other]: [] });
  clock.passed += 1;
  await query({ [ghost]: [] });
  assert.equal(bridge.requests.length, 5);
  assert.deepEqual(Object.fromEntries(outcomes.query), { answered: 5, shared: 3 });
});

test("Q6: that a user has nothing is reused like everything else; failures are not", async (t) => {
  const { bridge, query } = await openKeys(t);
  bridge.on.query = () => ({ status: 500 });
  await query({ [ghost]: [] });
  bridge.on.query = () => ({ body: {} });
  assert.equal((await query({ [ghost]: [] })).size, 0);
  assert.equal((await query({ [ghost]: [] })).size, 0);
  assert.equal(bridge.requests.length, 2);
});

test("Q6: an answer is forgotten when a device of its user changes", async (t) => {
  const { bridge, keys, query } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  const both = { [ghost]: [], [other]: [] };
  await query(both);
  keys.forget([ghostId]);
  await query(both);
  assert.deepEqual(bridge.requests[1]?.body, { [ghost]: [] });
  keys.forgetAll();
  await query(both);
  assert.deepEqual(bridge.requests[2]?.body, both);
});

for (const way of ["forget", "forgetAll"] as const) {
  test(`Q6: ${way}: an answer on its way serves those who wait, not who comes later, and is not kept`, async (t) => {
    const { bridge, keys, query } = await openKeys(t);
    let version = 0;
    bridge.on.query = ({ body }) =>
      body[ghost] ? { body: { device_keys: { [ghost]: { [`V${++version}`]: {} } } } } : devicesAsked(body);
    const releaseOld = bridge.hang("query");
    const before = query({ [ghost]: [] });
    await bridge.until(() => bridge.requests.length === 1);
    if (way === "forget") keys.forget([ghostId]);
    else keys.forgetAll();
    // It is in one request at a time, so this one waits.
    const after = query({ [ghost]: [] });
    const alsoAfter = query({ [ghost]: ["V1"] });
    const another = query({ [other]: [] });
    await bridge.until(() => bridge.requests.length === 2);
    assert.deepEqual(bridge.requests[1]?.body, { [other]: [] });
    releaseOld();
    assert.deepEqual(devicesOf(await before), { [ghost]: ["V1"] });
    assert.deepEqual(devicesOf(await after), { [ghost]: ["V2"] });
    assert.deepEqual(devicesOf(await alsoAfter), { [ghost]: [] });
    assert.deepEqual(devicesOf(await query({ [ghost]: [] })), { [ghost]: ["V2"] });
    assert.deepEqual(bridge.requests[2]?.body, { [ghost]: [] });
    assert.equal(bridge.requests.length, 3);
    await another;
  });
}

test("Q6: an answer that was on its way when a device changed is not used again", async (t) => {
  const { bridge, keys, query } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  const release = bridge.hang("query");
  const before = query({ [ghost]: [], [other]: [] });
  await bridge.until(() => bridge.requests.length === 1);
  keys.forget([ghostId]);
  release();
  await before;
  await query({ [ghost]: [], [other]: [] });
  assert.deepEqual(bridge.requests[1]?.body, { [ghost]: [] });
});

test("Q6: at most 4 requests of 250 users are in flight, and a user is in one of them", async (t) => {
  const { bridge, query } = await openKeys(t);
  let running = 0;
  let most = 0;
  const inFlight = new Set<string>();
  const gates: (() => void)[] = [];
  bridge.on.query = async ({ body }) => {
    most = Math.max(most, ++running);
    for (const user of Object.keys(body)) {
      assert.ok(!inFlight.has(user), `${user} is asked for twice`);
      inFlight.add(user);
    }
    if (gates.length < 4) await new Promise<void>((resolve) => gates.push(resolve));
    for (const user of Object.keys(body)) inFlight.delete(user);
    running--;
    return devicesAsked(body);
  };
  const first = query(users(0, 1600));
  await bridge.until(() => gates.length === 4);
  // Some of them are in flight, and other devices of theirs are wanted.
  const second = query(users(800, 1800, ["X"]));
  for (const gate of gates) gate();
  assert.equal((await first).size, 1600);
  assert.equal((await second).size, 1000);
  assert.ok((await second).values().every(({ devices }) => devices.size <= 1));
  assert.equal(most, 4);
  assert.ok(bridge.requests.every(({ body }) => Object.keys(body).length <= 250));
});

test("Q6: who wants other devices of a user in flight waits, and joins those who do", async (t) => {
  const { bridge, query } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  const release = bridge.hang("query");
  const callers = [["A"], ["B"], ["C", "B"], ["A"], ["B", "A"]].map((devices) => query({ [ghost]: devices }));
  await bridge.until(() => bridge.requests.length === 1);
  release();
  const found = (await Promise.all(callers)).map((answer) => devicesOf(answer)[ghost]);
  assert.deepEqual(found, [["A"], ["B"], ["B", "C"], ["A"], ["B", "A"]]);
  assert.deepEqual(
    bridge.requests.map(({ body }) => body[ghost]),
    [["A"], ["B", "C", "A"]],
  );
});

test("Q6: for more than 20 devices of a user all are asked, and each caller gets its own", async (t) => {
  const { bridge, query } = await openKeys(t);
  const names = Array.from({ length: 30 }, (_, index) => `D${index}`);
  const devices = Object.fromEntries([...names, "ANOTHER"].map((name) => [name, {}]));
  bridge.on.query = () => ({ body: { device_keys: { [ghost]: devices } } });
  assert.deepEqual(devicesOf(await query({ [ghost]: names })), { [ghost]: names });
  assert.deepEqual(bridge.requests[0]?.body, { [ghost]: [] });
});

test("Q6: beyond 20,000 users who wait, others are not asked for", async (t) => {
  const { bridge, query, outcomes } = await openKeys(t);
  bridge.on.query = () => ({ body: {} });
  const release = bridge.hang("query");
  const first = query(users(0, 1000));
  await bridge.until(() => bridge.requests.length === 4);
  const waiting = query(users(1000, 22_000));
  // They are taken in a thousand at a time.
  while (!outcomes.query.has("spared")) await query({ [ghost]: [] }, 1);
  release();
  await Promise.all([first, waiting]);
  assert.equal(bridge.requests.length, 84);
  // One place was the last hasty caller's.
  const answered = outcomes.query.get("answered")!;
  assert.ok(answered === 21_000 || answered === 20_999, String(answered));
});

test("Q5: each caller waits as long as it likes, and has what came by then", async (t) => {
  const { bridge, query, outcomes } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  await query({ [other]: [] });
  const release = bridge.hang("query");
  const patient = query({ [ghost]: [] });
  assert.deepEqual(devicesOf(await query({ [ghost]: [], [other]: [] }, 1)), { [other]: ["DEVICE"] });
  assert.deepEqual(Object.fromEntries(outcomes.query), { answered: 1, shared: 1, failed: 1 });
  release();
  assert.deepEqual(devicesOf(await patient), { [ghost]: ["DEVICE"] });
});

test("Q6: a user whom everybody has given up is not asked for", async (t) => {
  const { bridge, query } = await openKeys(t);
  bridge.on.query = ({ body }) => devicesAsked(body);
  const release = bridge.hang("query");
  const flights = ["a", "b", "c", "d"].map((name) => query({ [`@bridge_${name}:localhost`]: [] }));
  await bridge.until(() => bridge.requests.length === 4);
  await Promise.all([query({ [ghost]: [] }, 1), query({ [ghost]: [], [other]: [] }, 1)]);
  const last = query({ [other]: [] });
  release();
  await Promise.all([...flights, last]);
  assert.deepEqual(bridge.requests[4]?.body, { [other]: [] });
  assert.equal(bridge.requests.length, 5);
});

test("Q5: users and devices that nobody asked for, and what is none, are dropped and counted", async (t) => {
  const { bridge, query, dropped } = await openKeys(t);
  const device = {};
  bridge.on.query = () => ({
    body: {
      device_keys: {
        [ghost]: { DEVICE: device, ANOTHER: device, "": device, "a\u0000b": device },
        [other]: [],
        "@bridge_stranger:localhost": { DEVICE: device },
        "": {},
      },
      master_keys: { "@bridge_stranger:localhost": {}, [ghost]: null },
      self_signing_keys: null,
    },
  });
  const found = await query({ [ghost]: ["DEVICE"], [other]: [] });
  assert.deepEqual(devicesOf(found), { [ghost]: ["DEVICE"] });
  assert.deepEqual(found.get(ghostId)?.crossSigningKeys, { master: null });
  assert.equal(dropped(), 3 + 1 + 2 + 1);
});

test("E2: names of prototypes are names like others", async (t) => {
  const { bridge, query, dropped } = await openKeys(t);
  const text = `{"device_keys": {"__proto__": {"__proto__": {"a": 1}}, "constructor": {"DEVICE": {}}, "${ghost}": {"__proto__": {"b": 2}}},
    "master_keys": {"__proto__": {"c": 3}}, "__proto__": {"user_signing_keys": {"${ghost}": {}}}}`;
  bridge.on.query = () => ({ text });
  const found = await query(JSON.parse(`{"${ghost}": ["__proto__"], "__proto__": ["__proto__"]}`));
  assert.equal(bridge.requests[0]?.text, `{"${ghost}":["__proto__"],"__proto__":["__proto__"]}`);
  assert.deepEqual([...found.keys()].sort(), [ghost, "__proto__"]);
  assert.deepEqual([...found.get(ghostId)!.devices], [["__proto__", { b: 2 }]]);
  assert.deepEqual(found.get(ghostId)?.crossSigningKeys, {});
  assert.deepEqual(found.get("__proto__" as UserId)?.crossSigningKeys.master, { c: 3 });
  assert.equal(dropped(), 1);
  assert.equal(({} as Record<string, unknown>)["a"], undefined);
});

for (const [what, reply] of Object.entries({
  "10 MB about one user": { body: { device_keys: { [ghost]: { DEVICE: "x".repeat(10_000_000) } } } },
  "no JSON": { text: "]" },
  "device_keys that are no object": { body: { device_keys: [] } },
  "master_keys that are no object": { body: { device_keys: {}, master_keys: "none" } },
  "a redirect": { status: 301, headers: { location: "/_matrix/app/v1/keys/query" } },
  "half an answer": { breakOff: true, body: { device_keys: { [ghost]: { DEVICE: {} } } } },
})) {
  test(`E2: ${what}: nothing, and a failure`, async (t) => {
    const { bridge, query, state, outcomes } = await openKeys(t);
    bridge.on.query = () => reply;
    for (let time = 0; time < 3; time++) assert.equal((await query({ [ghost]: [] })).size, 0);
    assert.equal(state("query").backoff, "failing");
    assert.ok(!state("query").lastError!.includes(bridge.registration.hsToken));
    assert.deepEqual([...outcomes.query], [["failed", 3]]);
    assert.equal(bridge.requests.length, 3);
  });
}

test("Q5: when the answer about many users is too long, they are asked for in smaller requests", async (t) => {
  const { bridge, query, outcomes, state } = await openKeys(t);
  const device = { device_id: "DEVICE", long: "x".repeat(10_000) };
  bridge.on.query = ({ body }) => ({
    body: { device_keys: Object.fromEntries(Object.keys(body).map((userId) => [userId, { DEVICE: device }])) },
  });
  assert.equal((await query(users(0, 250))).size, 250);
  assert.deepEqual([...outcomes.query], [["answered", 250]]);
  assert.equal(state("query").backoff, "none");
  const sizes = () => bridge.requests.map(({ body }) => Object.keys(body).length);
  assert.deepEqual(sizes().slice(0, 3), [250, 125, 125]);
  const before = sizes().slice(3);
  assert.ok(
    before.every((size) => size <= 100),
    before.join(),
  );
  // It is remembered how many are too many.
  assert.equal((await query(users(250, 500))).size, 250);
  const after = sizes().slice(3 + before.length);
  assert.ok(after[0]! > 50 && after.every((size) => size <= 100), after.join());
});

test("Q6: a request ends at its own deadline, also when bytes keep coming", async (t) => {
  const { bridge, query, outcomes } = await openKeys(t, { deadline: 50 });
  bridge.hang("query");
  assert.equal((await query({ [ghost]: [] })).size, 0);
  bridge.on.query = () => ({ text: "x".repeat(1000), drip: 20 });
  assert.equal((await query({ [ghost]: [] })).size, 0);
  assert.deepEqual([...outcomes.query], [["failed", 2]]);
});

test("Q6: closing ends every wait, and nobody is asked any more", async (t) => {
  const { bridge, keys, query } = await openKeys(t);
  bridge.hang("query");
  const waiting = [query(users(0, 1500)), query({ [ghost]: [] })];
  await bridge.until(() => bridge.requests.length === 4);
  await keys.close();
  for (const found of await Promise.all(waiting)) assert.equal(found.size, 0);
  assert.equal((await query({ [ghost]: [] })).size, 0);
  assert.equal(bridge.requests.length, 4);
});

/** Users by number. */
function users(from: number, to: number, devices: string[] = []): Record<string, string[]> {
  const names = Array.from({ length: to - from }, (_, index) => `@bridge_${from + index}:localhost`);
  return Object.fromEntries(names.map((userId) => [userId, devices]));
}
