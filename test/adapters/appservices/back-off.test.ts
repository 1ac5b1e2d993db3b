import assert from "node:assert/strict";
import { test } from "node:test";
import { claimOf, devicesAsked, devicesOf, ghost, idsOf, oneTimeKey, openKeys } from "./open-keys.ts";

const minute = 60_000;

test("Q6: an unknown route is asked again after 1 minute, 2, 4 … to 1 hour", async (t) => {
  const { bridge, clock, claim, query, state } = await openKeys(t);
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
    const before = bridge.requests.length;
    assert.deepEqual(await claim([claimOf()]), [undefined]);
    assert.deepEqual(
      bridge.requests.slice(before).map(({ path }) => path),
      ["/_matrix/app/unstable/org.matrix.msc3983/keys/claim", "/_matrix/app/v1/keys/claim"],
    );
    const { backoff, backoffMs, lastError } = state("claim");
    assert.deepEqual([backoff, backoffMs], ["unknown-route", minutes * minute]);
    assert.equal(lastError, "it does not know the route");
    clock.passed += minutes * minute - 1;
    assert.deepEqual(await claim([claimOf()]), [undefined]);
    assert.equal(bridge.requests.length, before + 2);
    clock.passed += 1;
    assert.equal(state("claim").backoffMs, 0);
  }
  // The other kind has its own.
  assert.equal(state("query").backoff, "none");
  await query({ [ghost]: [] });
  assert.equal(state("query").backoffMs, minute);
});

test("Q6: 405 is an unknown route, too, and a success ends the back-off", async (t) => {
  const { bridge, clock, query, state, outcomes } = await openKeys(t);
  bridge.on.query = () => ({ status: 405 });
  await query({ [ghost]: [] });
  clock.passed += minute;
  await query({ [ghost]: [] });
  assert.equal(state("query").backoffMs, 2 * minute);
  clock.passed += 2 * minute;
  bridge.on.query = ({ body }) => devicesAsked(body);
  assert.deepEqual(devicesOf(await query({ [ghost]: [] })), { [ghost]: ["DEVICE"] });
  const { backoff, backoffMs, lastError } = state("query");
  assert.deepEqual([backoff, backoffMs, lastError], ["none", 0, undefined]);
  // It begins with a minute again.
  bridge.on.query = () => ({ status: 405 });
  clock.passed += 5000;
  await query({ [ghost]: [] });
  assert.equal(state("query").backoffMs, minute);
  assert.deepEqual(
    [...outcomes.query],
    [
      ["failed", 3],
      ["answered", 1],
    ],
  );
});

test("Q6: after the back-off one request is in flight, and all others are spared until it is answered", async (t) => {
  const { bridge, clock, claim, query, outcomes } = await openKeys(t);
  await Promise.all([claim([claimOf()]), query({ [ghost]: [] })]);
  clock.passed += minute;
  bridge.on.query = ({ body }) => devicesAsked(body);
  bridge.on.claim = () => ({ body: { [ghost]: { DEVICE: { "signed_curve25519:A": oneTimeKey("a") } } } });
  const releases = [bridge.hang("claim"), bridge.hang("query")];
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`@bridge_${index}:localhost`, []]));
  const [claimed, found] = [claim([claimOf()]), query(many)];
  await bridge.until(() => bridge.requests.length === 6);
  for (let index = 0; index < 100; index++) {
    assert.deepEqual(await claim([claimOf(), claimOf()]), [undefined, undefined]);
    assert.equal((await query({ [ghost]: [], "@bridge_0:localhost": [] })).size, 0);
  }
  assert.equal(bridge.requests.length, 6);
  assert.deepEqual(Object.fromEntries(outcomes.claim), { failed: 1, spared: 200 });
  assert.deepEqual(Object.fromEntries(outcomes.query), { failed: 1, spared: 350 + 200 });
  for (const release of releases) release();
  assert.deepEqual(idsOf(await claimed), ["signed_curve25519:A"]);
  assert.equal((await found).size, 250);
  // Now it answers, and everybody is asked for.
  assert.equal((await query(many)).size, 600);
});

test("Q6: three failures in a row make a back-off from 1 second to 1 minute, which the appservice's own request ends", async (t) => {
  const { bridge, clock, keys, claim, state } = await openKeys(t);
  bridge.on.claim = () => ({ status: 500 });
  for (let failure = 1; failure <= 3; failure++) {
    assert.equal(state("claim")?.backoff ?? "none", "none");
    await claim([claimOf()]);
  }
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    const { backoff, backoffMs, lastError } = state("claim");
    assert.deepEqual([backoff, backoffMs], ["failing", seconds * 1000]);
    assert.equal(lastError, "it answered with status 500");
    const before = bridge.requests.length;
    await claim([claimOf()]);
    assert.equal(bridge.requests.length, before);
    clock.passed += seconds * 1000;
    await claim([claimOf()]);
    assert.equal(bridge.requests.length, before + 1);
  }
  keys.noteAlive("another");
  assert.equal(state("claim").backoffMs, 60_000);
  keys.noteAlive(bridge.id);
  assert.deepEqual([state("claim").backoff, state("claim").backoffMs], ["failing", 1000]);
  clock.passed += 1000;
  bridge.on.claim = () => ({ body: { [ghost]: { DEVICE: { "signed_curve25519:A": oneTimeKey("a") } } } });
  assert.deepEqual(idsOf(await claim([claimOf()])), ["signed_curve25519:A"]);
});

test("Q6: an appservice that is alive and fails all the same is asked by one at a time, and the others are spared", async (t) => {
  const { bridge, clock, claim, keys, state } = await openKeys(t);
  bridge.on.claim = () => ({ status: 500 });
  for (let failure = 0; failure < 3; failure++) await claim([claimOf()]);
  for (const seconds of [2, 4]) {
    keys.noteAlive(bridge.id);
    assert.deepEqual(await claim([claimOf()]), [undefined]);
    clock.passed += 1000;
    const release = bridge.hang("claim");
    const before = bridge.requests.length;
    const probe = claim([claimOf()]);
    await bridge.until(() => bridge.requests.length === before + 1);
    keys.noteAlive(bridge.id);
    for (let other = 0; other < 5; other++) assert.deepEqual(await claim([claimOf()]), [undefined]);
    release();
    await probe;
    assert.equal(bridge.requests.length, before + 1);
    assert.deepEqual([state("claim").backoff, state("claim").backoffMs], ["failing", seconds * 1000]);
  }
});

test("Q6: a 404 about somebody who was asked for is a failure, and not an unknown route", async (t) => {
  const { bridge, query, state } = await openKeys(t);
  bridge.on.query = () => ({ status: 404, body: { errcode: "M_NOT_FOUND", error: "no such user" } });
  await query({ "@bridge_invented:localhost": [] });
  assert.equal(state("query").backoff, "none");
  bridge.on.query = () => ({ status: 404, body: { errcode: "M_UNRECOGNIZED" } });
  await query({ "@bridge_other:localhost": [] });
  assert.equal(state("query").backoff, "unknown-route");
});

test("Q6: a success between failures begins the count anew", async (t) => {
  const { bridge, query, state, clock } = await openKeys(t);
  for (const status of [500, 503, 200, 502, 500]) {
    bridge.on.query = () => ({ status });
    await query({ [ghost]: [] });
    clock.passed += 5000;
  }
  assert.equal(state("query").backoff, "none");
  await query({ [ghost]: [] });
  assert.equal(state("query").backoff, "failing");
});

test("Q6: that a route is unknown is not forgotten with failures, nor its time when it fails in between", async (t) => {
  const { bridge, clock, keys, claim, state } = await openKeys(t);
  await claim([claimOf()]);
  keys.noteAlive(bridge.id);
  assert.equal(state("claim").backoff, "unknown-route");
  clock.passed += minute;
  await bridge.stop();
  await claim([claimOf()]);
  assert.deepEqual([state("claim").backoff, state("claim").backoffMs], ["failing", 1000]);
  await bridge.start();
  keys.noteAlive(bridge.id);
  clock.passed += 1000;
  await claim([claimOf()]);
  assert.deepEqual([state("claim").backoff, state("claim").backoffMs], ["unknown-route", 2 * minute]);
});

test("Q6: requests that end together make one step of the back-off", async (t) => {
  const { bridge, query, state } = await openKeys(t);
  const release = bridge.hang("query");
  const queries = ["a", "b", "c", "d"].map((name) => query({ [`@bridge_${name}:localhost`]: [] }));
  await bridge.until(() => bridge.requests.length === 4);
  release();
  await Promise.all(queries);
  assert.equal(state("query").backoffMs, minute);
});

test("Q6: those who wait when a back-off begins get nothing at once", async (t) => {
  const { bridge, claim, query, outcomes } = await openKeys(t);
  const releases = [bridge.hang("claim"), bridge.hang("query")];
  const users = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`@bridge_${index}:localhost`, []]));
  const asked = [claim([claimOf()]), query(users)];
  await bridge.until(() => bridge.requests.length === 5);
  const waiting = claim([claimOf(), claimOf()]);
  for (const release of releases) release();
  await Promise.all([...asked, waiting]);
  assert.equal(bridge.requestsTo("claim").length, 2);
  assert.equal(bridge.requestsTo("query").length, 8);
  assert.deepEqual(Object.fromEntries(outcomes.claim), { failed: 1, spared: 2 });
  assert.deepEqual(Object.fromEntries(outcomes.query), { failed: 1000, spared: 500 });
});
