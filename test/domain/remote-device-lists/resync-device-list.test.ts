import assert from "node:assert/strict";
import { test } from "node:test";
import type { RemoteAnswer, RemoteFailure } from "../../../src/domain/federation-out/remote-answer.ts";
import { isKnownToBeFresh } from "../../../src/domain/remote-device-lists/known-to-be-fresh.ts";
import { markStale } from "../../../src/domain/remote-device-lists/mark-stale.ts";
import { resyncDeviceList } from "../../../src/domain/remote-device-lists/resync-device-list.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { alice } from "../open-house.ts";
import { carol, OtherServer, other, publicKey } from "./other-server.ts";
import { openFreshHouse, openRemoteHouse } from "./remote-house.ts";

const day = 24 * 3600_000;
const first = { LAPTOP: "l1", PHONE: "p1", master: publicKey("master 1"), self_signing: publicKey("self 1") };

test("Q4: who is tracked is fetched at once, and is fresh for as long as its server has promised", async (t) => {
  const house = await openRemoteHouse(t);
  const server = new OtherServer();
  server.setDevice("PHONE", "p1");
  await house.meet();
  await house.track();
  assert.ok(house.woken.includes(carol));
  assert.equal((await house.list())?.nextResyncAt, house.clock.now());
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), false);
  const before = await house.position();
  const asked: unknown[] = [];
  const outcome = await house.resync(async (...args) => {
    asked.push(args);
    return server.answer(house.clock.now());
  });
  assert.equal(outcome, "fetched");
  assert.deepEqual(asked, [[other, carol, 30_000]]);
  assert.deepEqual(await house.kept(), { PHONE: "p1" });
  const now = house.clock.now();
  assert.deepEqual(await house.list(), {
    ...{ userId: carol, streamId: server.streamId, isFresh: true, attempts: 0 },
    ...{ followedUntil: now + 30 * day, nextResyncAt: now + 15 * day, usedAt: now },
  });
  assert.ok(await house.hears(before));
  assert.ok(house.woken.includes(alice));
  assert.equal(isKnownToBeFresh(await house.list(), now + 30 * day - 1), true);
  assert.equal(isKnownToBeFresh(await house.list(), now + 30 * day), false);
  await house.track();
  assert.equal((await house.list())?.nextResyncAt, now + 15 * day);
  assert.deepEqual(house.told.outcomes, ["fetched"]);
});

test("Q4: without a promise a list is never known to be fresh, and takes updates all the same", async (t) => {
  const server = new OtherServer();
  server.followedFor = undefined;
  const house = await openFreshHouse(t, server);
  const { isFresh, followedUntil, nextResyncAt } = (await house.list()) ?? {};
  assert.deepEqual([isFresh, followedUntil, nextResyncAt], [true, undefined, house.clock.now() + 3600_000]);
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), false);
  await house.deliver(server.setDevice("PHONE", "p2"));
  assert.deepEqual(await house.kept(), { ...first, PHONE: "p2" });
});

test("Q4: a server that does not promise is asked once more, and then no more until something happens", async (t) => {
  const server = new OtherServer();
  server.followedFor = undefined;
  const house = await openFreshHouse(t, server);
  const due = async () => (await house.list())?.nextResyncAt;
  assert.equal(await due(), house.clock.now() + 3600_000);
  house.clock.advance(3600_000);
  await house.fetchFrom(server);
  assert.equal(await due(), undefined);
  await markStale(house, [carol]);
  await house.fetchFrom(server);
  assert.equal(await due(), house.clock.now() + 3600_000);
});

test("Q4: a server that does not promise now, for it cannot reach this one, is asked again until it does", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  house.clock.advance(15 * day);
  server.followedFor = undefined;
  await house.fetchFrom(server);
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), false);
  assert.equal((await house.list())?.nextResyncAt, house.clock.now() + 3600_000);
  server.followedFor = 7 * day;
  await house.fetchFrom(server);
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), true);
  assert.equal((await house.list())?.nextResyncAt, house.clock.now() + 3.5 * day);
});

test("Q4: a promise that nobody can keep, or that is over at once, is none", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  for (const followedFor of [60 * day + 1, 3600_000 - 1, -day, 0.5, Number.MAX_SAFE_INTEGER]) {
    server.followedFor = followedFor;
    await house.fetchFrom(server);
    assert.equal((await house.list())?.followedUntil, undefined, `${followedFor} ms`);
  }
});

test("Q4: who hears of a user is told when something differs, and not otherwise", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const before = await house.position();
  server.streamId += 10;
  await house.fetchFrom(server);
  assert.equal((await house.list())?.streamId, server.streamId);
  assert.equal(await house.hears(before), false);
  assert.deepEqual(house.woken, []);
  server.removeDevice("PHONE");
  server.setCrossSigning("2");
  await house.fetchFrom(server);
  assert.ok(await house.hears(before));
  const kept = { LAPTOP: "l1", master: publicKey("master 2"), self_signing: publicKey("self 2") };
  assert.deepEqual(await house.kept(), kept);
});

test("Q4: who turns out to have no keys is told of once, for somebody may know some that are gone", async (t) => {
  const house = await openRemoteHouse(t);
  const server = new OtherServer();
  await house.meet();
  await house.track();
  const before = await house.position();
  await house.fetchFrom(server);
  assert.equal((await house.list())?.isFresh, true);
  assert.equal(await house.hears(before), true);
  const after = await house.position();
  await house.fetchFrom(server);
  assert.equal(await house.hears(after), false);
});

const malformed: [string, (body: JsonObject) => JsonObject][] = [
  ["of another user", (body) => ({ ...body, user_id: "@mallory:other.test" })],
  ["without a stream id", (body) => ({ ...body, stream_id: "7" })],
  ["with a stream id below 0", (body) => ({ ...body, stream_id: -1 })],
  ["without devices", (body) => ({ ...body, devices: {} })],
  ["with over a thousand devices", (body) => ({ ...body, devices: Array(1001).fill({}) })],
];
for (const [name, broken] of malformed) {
  test(`Q4: an answer ${name} is none`, async (t) => {
    const server = new OtherServer();
    const house = await openFreshHouse(t, server);
    await markStale(house, [carol]);
    server.setDevice("PHONE", "p2");
    assert.equal(await house.resync(async () => ({ body: broken(server.answer(0).body) })), "failed");
    assert.deepEqual(await house.kept(), first);
    const { isFresh, attempts } = (await house.list()) ?? {};
    assert.deepEqual([isFresh, attempts], [false, 1]);
  });
}

test("Q4: of an answer each device is taken once, without what has a wrong shape", async (t) => {
  const house = await openRemoteHouse(t);
  const server = new OtherServer();
  await house.track();
  const device = (id: string, keys: unknown) => ({ device_id: id, keys }) as JsonObject;
  const devices = [
    { ...device("PHONE", server.deviceKeys("PHONE", "p1")), device_display_name: "PHONE of p1" },
    device("PHONE", server.deviceKeys("PHONE", "p2")),
    device("LAPTOP", server.deviceKeys("OTHER", "l1")),
    device("TABLET", 7),
    device("KEYLESS", undefined),
    device("__proto__", server.deviceKeys("__proto__", "o1")),
    "rubbish",
  ];
  const { body } = server.answer(house.clock.now());
  assert.equal(await house.resync(async () => ({ body: { ...body, devices, master_key: { keys: {} } } })), "fetched");
  assert.deepEqual(Object.keys(await house.kept()).sort(), ["PHONE", "__proto__"].sort());
  assert.equal((await house.kept())["PHONE"], "p1");
  assert.equal(house.told.dropped, 5);
});

test("Q4: what fails is tried again, after 10 s that double up to an hour, give or take a fifth", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  await markStale(house, [carol]);
  for (let attempt = 1; attempt <= 12; attempt++) {
    const answer: RemoteAnswer = { failure: { kind: "timeout", error: "no answer within 30 s" } };
    assert.equal(await house.resync(async () => answer), "failed");
    const { attempts, nextResyncAt = 0 } = (await house.list()) ?? {};
    const pause = Math.min(10_000 * 2 ** (attempt - 1), 3600_000);
    const wait = nextResyncAt - house.clock.now();
    assert.equal(attempts, attempt);
    assert.ok(wait >= 0.8 * pause && wait <= 1.2 * pause, `${wait} ms of ${pause}`);
    house.clock.advance(wait);
  }
  await house.fetchFrom(server);
  const { isFresh, attempts } = (await house.list()) ?? {};
  assert.deepEqual([isFresh, attempts], [true, 0]);
  assert.deepEqual(await house.kept(), first);
});

test("Q4: a list that cannot be renewed now, for its server is spared, is fresh until the promise ends", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  house.clock.advance(15 * day);
  await house.resync(async () => ({ failure: { kind: "spared", error: "it does not answer" } }));
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), true);
  await house.deliver(server.setDevice("PHONE", "p2"));
  assert.deepEqual(await house.kept(), { ...first, PHONE: "p2" });
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now() + 15 * day), false);
});

test("Q4: an answer that gets lost may have had changes that nobody tells any more: the list is not fresh", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  house.clock.advance(15 * day);
  server.setDevice("PHONE", "p2");
  await house.resync(async () => {
    server.answer(house.clock.now());
    return { failure: { kind: "timeout", error: "no answer within 30 s" } };
  });
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), false);
  await house.fetchFrom(server);
  assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), true);
  assert.deepEqual(await house.kept(), { ...first, PHONE: "p2" });
});

const refusals: [RemoteFailure, typeof first | Record<string, never>][] = [
  [{ kind: "status", error: "status 403", status: 403, errcode: "M_FORBIDDEN" }, first],
  [{ kind: "status", error: "status 404", status: 404, errcode: "M_UNRECOGNIZED" }, first],
  [{ kind: "status", error: "status 404", status: 404, errcode: "M_NOT_FOUND" }, {}],
];
for (const [failure, kept] of refusals) {
  test(`Q4: ${failure.status} ${failure.errcode} ends the attempts, for a day at least`, async (t) => {
    const server = new OtherServer();
    const house = await openFreshHouse(t, server);
    await markStale(house, [carol]);
    const before = await house.position();
    assert.equal(await house.resync(async () => ({ failure })), "gone");
    assert.deepEqual(await house.kept(), kept);
    assert.equal(await house.hears(before), kept !== first);
    assert.equal(isKnownToBeFresh(await house.list(), house.clock.now()), false);
    const due = async () => (await house.list())?.nextResyncAt;
    assert.equal(await due(), undefined);
    await markStale(house, [carol]);
    await house.deliver(server.setDevice("PHONE", "p2"));
    await house.deliver(server.setCrossSigning("2"));
    house.clock.advance(day - 1);
    await house.track();
    assert.equal(await due(), undefined);
    house.clock.advance(1);
    await house.track();
    assert.equal(await due(), house.clock.now());
    await house.fetchFrom(server);
    assert.equal((await house.kept())["PHONE"], "p2");
  });
}

test("Q4: a 404 that is not of the server itself is tried again", async (t) => {
  const house = await openFreshHouse(t, new OtherServer());
  assert.equal(await house.resync(async () => ({ failure: { kind: "status", error: "404", status: 404 } })), "failed");
  assert.deepEqual(await house.kept(), first);
});

test("Q4: of updates that come during a fetch none is lost: it is fetched once more", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  for (const [n, change] of [() => server.setDevice("PHONE", "p2"), () => server.setCrossSigning("2")].entries()) {
    await markStale(house, [carol]);
    const late = server.answer(house.clock.now());
    await house.resync(async () => {
      await house.deliver(change());
      return late;
    });
    const { isFresh, nextResyncAt = Number.POSITIVE_INFINITY } = (await house.list()) ?? {};
    assert.equal(isFresh, false, `change ${n}`);
    assert.ok(nextResyncAt <= house.clock.now() + 2000);
    await house.fetchFrom(server);
    assert.equal((await house.list())?.isFresh, true);
  }
  const second = { master: publicKey("master 2"), self_signing: publicKey("self 2") };
  assert.deepEqual(await house.kept(), { ...first, PHONE: "p2", ...second });
});

test("Q4: what was taken while a list is renewed is not overwritten", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const late = server.answer(house.clock.now());
  await house.resync(async () => {
    await house.deliver(server.setDevice("PHONE", "p2"));
    return late;
  });
  assert.deepEqual(await house.kept(), { ...first, PHONE: "p2" });
  const { isFresh, nextResyncAt = Number.POSITIVE_INFINITY } = (await house.list()) ?? {};
  assert.equal(isFresh, true);
  assert.ok(nextResyncAt <= house.clock.now() + 2000);
});

test("Q4: doubts that come during a fetch make the list due again", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  for (let n = 0; n < 2; n++) {
    await house.resync(async () => {
      await markStale(house, [carol, "@unknown:other.test" as UserId]);
      return server.answer(house.clock.now());
    });
    assert.equal((await house.list())?.isFresh, false);
  }
  assert.equal(await house.list("@unknown:other.test" as UserId), undefined);
});

test("Q4: a fetch that is ended changes nothing", async (t) => {
  const house = await openRemoteHouse(t);
  await house.track();
  const begun = await house.list();
  assert.ok(begun);
  const end = new AbortController();
  const deps = { ...house, remoteServers: { getUserDevices: () => new Promise<RemoteAnswer>(() => undefined) } };
  const fetching = resyncDeviceList(deps, begun, 30_000, end.signal);
  end.abort();
  assert.equal(await fetching, undefined);
  assert.deepEqual(await house.list(), begun);
  assert.deepEqual(house.told.outcomes, []);
});
