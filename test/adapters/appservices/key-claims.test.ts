import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { claimOf, ghost, idsOf, oneTimeKey, openKeys } from "./open-keys.ts";

const other = "@bridge_other:localhost";

test("C6: claims are asked as algorithm lists, on the draft's path, and each key goes to one of them", async (t) => {
  const { bridge, claim, outcomes, dropped } = await openKeys(t);
  const keys = {
    "signed_curve25519:A": { ...oneTimeKey("a"), fallback: true },
    "signed_curve25519:B": oneTimeKey("b"),
  };
  bridge.on.claim = () => ({ body: { [ghost]: { DEVICE: keys }, [other]: { D2: { "curve25519:C": "c" } } } });
  const answer = await claim([
    ...[claimOf(), claimOf("DEVICE", other), claimOf()],
    ...[claimOf("D2", other, "curve25519"), claimOf("DEVICE", ghost, "curve25519")],
  ]);
  assert.deepEqual(answer, [
    {
      keyId: "signed_curve25519:A",
      json: `{"fallback":true,"key":"a","signatures":{"${ghost}":{"ed25519:DEVICE":"signature"}}}`,
    },
    undefined,
    { keyId: "signed_curve25519:B", json: `{"key":"b","signatures":{"${ghost}":{"ed25519:DEVICE":"signature"}}}` },
    { keyId: "curve25519:C", json: '"c"' },
    undefined,
  ]);
  const [request] = bridge.requests;
  assert.equal(bridge.requests.length, 1);
  assert.equal(`${request?.method} ${request?.path}`, "POST /_matrix/app/unstable/org.matrix.msc3983/keys/claim");
  assert.equal(request?.authorization, `Bearer ${bridge.registration.hsToken}`);
  assert.deepEqual(request?.body, {
    [ghost]: { DEVICE: ["signed_curve25519", "signed_curve25519", "curve25519"] },
    [other]: { DEVICE: ["signed_curve25519"], D2: ["curve25519"] },
  });
  assert.deepEqual([...outcomes.claim], [["answered", 5]]);
  assert.equal(dropped(), 0);
});

test("Q6: the path that answered is remembered, and forgotten when it is unknown", async (t) => {
  const { bridge, claim } = await openKeys(t);
  const [draft, stable] = ["/_matrix/app/unstable/org.matrix.msc3983/keys/claim", "/_matrix/app/v1/keys/claim"];
  bridge.on.claim = () => ({ body: {} });
  bridge.unknown.push("/_matrix/app/unstable/");
  await claim([claimOf()]);
  await claim([claimOf()]);
  bridge.unknown.splice(0, 1, "/_matrix/app/v1/");
  await claim([claimOf()]);
  await claim([claimOf()]);
  assert.deepEqual(
    bridge.requests.map(({ path }) => path),
    [draft, stable, stable, stable, draft, draft],
  );
});

test("C6: users, devices, algorithms and keys that nobody asked for are dropped and counted", async (t) => {
  const { bridge, claim, dropped } = await openKeys(t);
  const good = oneTimeKey("a");
  const body = {
    "@bridge_stranger:localhost": { DEVICE: { "signed_curve25519:A": good, "signed_curve25519:B": good } },
    [ghost]: {
      ANOTHER: { "signed_curve25519:A": good },
      DEVICE: { "signed_curve25519:A": good, "signed_curve25519:B": good, "signed_curve448:A": good },
    },
  };
  bridge.on.claim = () => ({ body });
  assert.deepEqual(idsOf(await claim([claimOf()])), ["signed_curve25519:A"]);
  assert.equal(dropped(), 5);
});

test("E2, K2: what is no key is dropped and counted, and the key behind it is given", async (t) => {
  const { bridge, claim, dropped } = await openKeys(t);
  const noKeys = {
    signed_curve25519: oneTimeKey("a"),
    "signed_curve25519:": oneTimeKey("a"),
    "signed_curve25519:a:b": oneTimeKey("a"),
    "signed_curve25519:1": null,
    "signed_curve25519:2": 3,
    "signed_curve25519:3": [],
    "signed_curve25519:4": {},
    "signed_curve25519:5": { key: 1, signatures: {} },
    "signed_curve25519:6": { key: "a" },
    "signed_curve25519:7": { key: "a", signatures: { [ghost]: [] } },
    "signed_curve25519:8": { ...oneTimeKey("a"), fraction: 0.5 },
    "signed_curve25519:9": { ...oneTimeKey("a"), lone: "\ud800" },
    "signed_curve25519:10": { ...oneTimeKey("a"), long: "x".repeat(16_384) },
    constructor: oneTimeKey("a"),
  };
  const last = { "signed_curve25519:last": oneTimeKey("z") };
  bridge.on.claim = () => ({ body: { [ghost]: { DEVICE: { ...noKeys, ...last } } } });
  assert.deepEqual(idsOf(await claim([claimOf()])), ["signed_curve25519:last"]);
  assert.equal(dropped(), Object.keys(noKeys).length);
});

test("E2: names of prototypes are names like others", async (t) => {
  const { bridge, claim, dropped } = await openKeys(t);
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const key = JSON.stringify(oneTimeKey("a"));
  const devices = names.map((name) => `"${name}": {"signed_curve25519:A": ${key}, "__proto__": ${key}}`).join();
  bridge.on.claim = () => ({ text: `{"${ghost}": {${devices}}, "__proto__": {${devices}}, "toString": 1}` });
  const answer = await claim(names.map((name) => claimOf(name)));
  assert.deepEqual(idsOf(answer), Array(4).fill("signed_curve25519:A"));
  assert.deepEqual(Object.keys(JSON.parse(bridge.requests[0]!.text)[ghost]), names);
  assert.equal(dropped(), 4 + 8 + 1);
  const strange = await claim([claimOf("DEVICE", "__proto__"), claimOf("DEVICE", ghost, "__proto__")]);
  assert.deepEqual(strange, [undefined, undefined]);
  assert.equal(({} as Record<string, unknown>)["signed_curve25519:A"], undefined);
});

for (const [what, reply] of Object.entries({
  "10 MB": { text: `{"x":"${"x".repeat(10_000_000)}"}` },
  "an answer that never ends": { text: "x".repeat(2_000_000), headers: { "content-length": "50000000" } },
  "no JSON": { text: "<html>" },
  "half an answer": { body: { [ghost]: { DEVICE: { "signed_curve25519:A": oneTimeKey("a") } } }, breakOff: true },
  "an array": { body: [] },
  "a number": { body: 7 },
  "deep nesting": { text: "[".repeat(1000) + "]".repeat(1000) },
  "100,000 values": { text: `[${"0,".repeat(100_000)}0]` },
  "a redirect": { status: 307, headers: { location: "/_matrix/app/v1/keys/claim" } },
  "status 201": { status: 201 },
  "a status without a body": { status: 500, text: "" },
})) {
  test(`E2: ${what} gives no key and counts as a failure`, async (t) => {
    const { bridge, claim, state, outcomes } = await openKeys(t);
    bridge.on.claim = () => reply;
    for (let time = 0; time < 3; time++) assert.deepEqual(await claim([claimOf()]), [undefined]);
    assert.equal(state("claim").backoff, "failing");
    assert.match(state("claim").lastError!, /^it[ s][^\n]+$/);
    assert.ok(!state("claim").lastError!.includes(bridge.registration.hsToken));
    assert.deepEqual([...outcomes.claim], [["failed", 3]]);
    assert.equal(bridge.requests.length, 3);
  });
}

test("null is an empty map", async (t) => {
  const { bridge, claim, outcomes } = await openKeys(t);
  bridge.on.claim = () => ({ text: "null" });
  assert.deepEqual(await claim([claimOf()]), [undefined]);
  assert.deepEqual([...outcomes.claim], [["answered", 1]]);
});

test("Q6: one request is in flight; 1,200 claims that come meanwhile go in three", async (t) => {
  const { bridge, claim, outcomes } = await openKeys(t);
  let made = 0;
  bridge.on.claim = ({ body }) => ({ body: keysFor(body, () => String(made++)) });
  const release = bridge.hang("claim");
  const first = claim([claimOf("FIRST")]);
  await bridge.until(() => bridge.requests.length === 1);
  const later = Array.from({ length: 600 }, (_, index) => claim([claimOf(`D${index % 7}`), claimOf("D", other)]));
  release();
  const answers = [await first, ...(await Promise.all(later))];
  const sizes = bridge.requests.map(({ body }) => countOf(body));
  assert.deepEqual(sizes, [1, 500, 500, 200]);
  const ids = answers.flatMap(idsOf);
  assert.equal(new Set(ids).size, 1201);
  assert.ok(!ids.includes(undefined));
  assert.deepEqual([...outcomes.claim], [["answered", 1201]]);
});

test("Q6: beyond 5,000 claims that wait, others get nothing at once", async (t) => {
  const { bridge, claim, outcomes } = await openKeys(t);
  bridge.on.claim = () => ({ body: {} });
  const release = bridge.hang("claim");
  const first = claim([claimOf()]);
  const waiting = claim(Array.from({ length: 5000 }, () => claimOf()));
  assert.deepEqual(await claim([claimOf()]), [undefined]);
  assert.deepEqual([...outcomes.claim], [["spared", 1]]);
  release();
  await Promise.all([first, waiting]);
  assert.equal(bridge.requests.length, 11);
});

test("Q6: a claim gives up after its own time, and is not in the next request", async (t) => {
  const { bridge, claim, outcomes } = await openKeys(t);
  bridge.on.claim = ({ body }) => ({ body: keysFor(body, (index) => String(index)) });
  const release = bridge.hang("claim");
  const patient = claim([claimOf("A")]);
  const hasty = claim([claimOf("B"), claimOf("C")], 1);
  const patientToo = claim([claimOf("D")]);
  assert.deepEqual(await hasty, [undefined, undefined]);
  assert.deepEqual([...outcomes.claim], [["failed", 2]]);
  release();
  await Promise.all([patient, patientToo]);
  assert.deepEqual(
    bridge.requests.map(({ body }) => Object.keys(body[ghost])),
    [["A"], ["D"]],
  );
});

test("C6: no key goes to a claim that has given up while another waits for one", async (t) => {
  const { bridge, claim, dropped } = await openKeys(t);
  bridge.on.claim = () => ({ body: {} });
  const releaseFirst = bridge.hang("claim");
  const first = claim([claimOf()]);
  await bridge.until(() => bridge.requests.length === 1);
  const hasty = claim([claimOf(), claimOf()], 300);
  const patient = claim([claimOf()]);
  releaseFirst();
  await first;
  bridge.on.claim = () => ({ body: { [ghost]: { DEVICE: { "signed_curve25519:A": oneTimeKey("a") } } } });
  const release = bridge.hang("claim");
  await hasty;
  release();
  assert.deepEqual(idsOf(await patient), ["signed_curve25519:A"]);
  assert.equal(dropped(), 0);
});

test("Q6: a request ends at its own deadline, and the next ones go out", async (t) => {
  const { bridge, claim, outcomes } = await openKeys(t, { deadline: 50 });
  bridge.hang("claim");
  assert.deepEqual(await claim([claimOf()]), [undefined]);
  bridge.on.claim = () => ({ text: "x".repeat(1000), drip: 20 });
  assert.deepEqual(await claim([claimOf()]), [undefined]);
  assert.deepEqual([...outcomes.claim], [["failed", 2]]);
});

test("Q6: closing ends every wait, and nobody is asked any more", async (t) => {
  const { bridge, keys, claim } = await openKeys(t);
  bridge.hang("claim");
  const waiting = [claim([claimOf()]), claim([claimOf(), claimOf()])];
  await bridge.until(() => bridge.requests.length === 1);
  await keys.close();
  assert.deepEqual(await Promise.all(waiting), [[undefined], [undefined, undefined]]);
  assert.deepEqual(await claim([claimOf()]), [undefined]);
  assert.equal(bridge.requests.length, 1);
});

test("an appservice without a URL, and one that is down, give nothing", async (t) => {
  const mute = await openKeys(t, { url: null });
  assert.deepEqual(await mute.claim([claimOf()]), [undefined]);
  assert.deepEqual([...mute.outcomes.claim], [["spared", 1]]);
  assert.deepEqual(await mute.claim([]), []);
  const { bridge, claim, state } = await openKeys(t);
  await bridge.stop();
  assert.deepEqual(await claim([claimOf()]), [undefined]);
  assert.equal(state("claim").lastError, "it cannot be reached (ECONNREFUSED)");
  assert.deepEqual(await claim([]), []);
});

test("C6: no key is dealt twice, none to a claim that did not ask for it, and as many as there are", async (t) => {
  const { bridge, claim, keys } = await openKeys(t);
  const target = fc.record({
    userId: fc.constantFrom(ghost, other, "__proto__"),
    deviceId: fc.constantFrom("DEVICE", "D2", "constructor"),
    algorithm: fc.constantFrom("signed_curve25519", "curve25519"),
  });
  const given = fc.tuple(target, fc.constantFrom("1", "2", "3", "4"));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(target, { maxLength: 6 }), { maxLength: 6 }),
      fc.array(given),
      async (callers, gifts) => {
        bridge.on.claim = () => ({ text: answerText(gifts.map(([to, id]) => [to, id])) });
        keys.noteAlive(bridge.id);
        const before = bridge.requests.length;
        const answers = await Promise.all(
          callers.map((claims) =>
            claim(claims.map(({ userId, deviceId, algorithm }) => claimOf(deviceId, userId, algorithm))),
          ),
        );
        // Claims that went in one request: the first caller's, and those of all others together.
        const asking = callers
          .map((claims, index) => ({ claims, answer: answers[index]! }))
          .filter(({ claims }) => claims.length > 0);
        const batches = [asking.slice(0, 1), asking.slice(1)].filter((batch) => batch.length > 0);
        assert.equal(bridge.requests.length - before, batches.length);
        for (const batch of batches) {
          const dealt = batch.flatMap(({ claims, answer }) =>
            claims.flatMap((to, index) => (answer[index] ? [`${nameOf(to)} ${answer[index].keyId}`] : [])),
          );
          assert.equal(new Set(dealt).size, dealt.length);
          const there = new Set(gifts.map(([to, id]) => `${nameOf(to)} ${to.algorithm}:${id}`));
          assert.ok(dealt.every((key) => there.has(key)));
          const wanted = Map.groupBy(
            batch.flatMap(({ claims }) => claims),
            nameOf,
          );
          const possible = [...wanted].map(([name, claims]) =>
            Math.min(claims.length, [...there].filter((key) => key.startsWith(`${name} `)).length),
          );
          assert.equal(
            dealt.length,
            possible.reduce((sum, count) => sum + count, 0),
          );
        }
      },
    ),
    { numRuns: 150 },
  );
});

interface Target {
  userId: string;
  deviceId: string;
  algorithm: string;
}

function nameOf({ userId, deviceId, algorithm }: Target): string {
  return `${userId} ${deviceId} ${algorithm}`;
}

/** Objects without a prototype: names like `__proto__` are in the text. */
function answerText(gifts: (readonly [Target, string])[]): string {
  const users = Object.create(null);
  for (const [{ userId, deviceId, algorithm }, id] of gifts) {
    users[userId] ??= Object.create(null);
    users[userId][deviceId] ??= Object.create(null);
    users[userId][deviceId][`${algorithm}:${id}`] = oneTimeKey(id);
  }
  return JSON.stringify(users);
}

type ClaimedKeys = Record<string, Record<string, string[]>>;

/** As many keys as were asked for. */
function keysFor(body: ClaimedKeys, id: (index: number) => string) {
  const ofDevice = (algorithms: string[]) =>
    Object.fromEntries(algorithms.map((algorithm, index) => [`${algorithm}:${id(index)}`, oneTimeKey("a")]));
  return mapValues(body, (devices) => mapValues(devices, ofDevice));
}

function mapValues<T, U>(object: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function countOf(body: ClaimedKeys): number {
  return Object.values(body).flatMap((devices) => Object.values(devices).flat()).length;
}
