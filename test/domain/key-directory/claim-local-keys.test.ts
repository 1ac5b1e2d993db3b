import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxiedClaim } from "../../../src/domain/appservices/appservice-keys.ts";
import { claimLocalKeys } from "../../../src/domain/key-directory/claim-local-keys.ts";
import type { LocalClaim } from "../../../src/domain/one-time-keys/take-local-keys.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { KeyedDevice } from "../../support/signed-keys.ts";
import { alice } from "../open-house.ts";
import {
  algorithm,
  deviceOf,
  ghost,
  givenKey,
  openProxiedHouse,
  type ProxiedHouse,
  phone,
  putFallback,
  putPool,
  registration,
  second,
  storing,
} from "./proxied-house.ts";

function claimOf(userId: UserId, deviceId: string = phone, claimer = "@bob:example.org"): LocalClaim {
  return { target: deviceOf(userId, deviceId), algorithm, claimer, now: 1_000 };
}

/** The ids of the keys that claims get, without the algorithm. */
async function claim(house: ProxiedHouse, claims: readonly LocalClaim[], timeout = 10_000) {
  const keys = await claimLocalKeys(house, claims, timeout);
  return keys.map((key) => key?.keyId.split(":")[1]);
}

const keysOf = (userId: UserId, deviceId: string = phone) => new KeyedDevice(deviceOf(userId, deviceId));

/** Gives keys A, B, C … to whoever asks. */
function endless() {
  let given = 0;
  return async (_: unknown, claims: readonly ProxiedClaim[]) =>
    claims.map(() => givenKey(String.fromCharCode(65 + given++)));
}

test("C6: the pool is given first, then the appservice is asked, and it is counted where each key is from", async (t) => {
  const house = await openProxiedHouse(t);
  house.appserviceKeys.give = endless();
  await putPool(house, deviceOf(ghost), keysOf(ghost).oneTimeKeys(1, "POOL"));
  assert.deepEqual(await claim(house, [claimOf(ghost), claimOf(ghost)]), ["POOL0", "A"]);
  assert.deepEqual(house.appserviceKeys.claims, [
    { appservice: "bridge", timeout: 10_000, claims: [{ ...deviceOf(ghost), algorithm }] },
  ]);
  assert.deepEqual(house.counted.answers, [
    `one_time_key of ${ghost} PHONE to @bob:example.org`,
    `appservice of ${ghost} PHONE to @bob:example.org`,
  ]);
});

test("C6: of two keys wanted and one given, the second is the fallback key", async (t) => {
  const house = await openProxiedHouse(t);
  await putFallback(house, deviceOf(ghost), keysOf(ghost).fallbackKey());
  house.appserviceKeys.give = async () => [undefined, givenKey("ONLY")];
  assert.deepEqual(await claim(house, [claimOf(ghost), claimOf(ghost)]), ["FALL", "ONLY"]);
});

test("C6: the fallback key is marked used only when it is what is given", async (t) => {
  const house = await openProxiedHouse(t);
  await putFallback(house, deviceOf(ghost), keysOf(ghost).fallbackKey());
  const unused = () => house.snapshots.read(({ fallbackKeys }) => fallbackKeys.listUnusedAlgorithms(deviceOf(ghost)));
  house.appserviceKeys.give = endless();
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["A"]);
  assert.deepEqual([await unused(), house.woken], [[algorithm], []]);
  house.appserviceKeys.give = async (_, claims) => claims.map(() => undefined);
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["FALL"]);
  assert.deepEqual([await unused(), house.woken], [[], [ghost]]);
});

test("C6: keys of the appservice are not stored", async (t) => {
  const house = await openProxiedHouse(t);
  house.appserviceKeys.give = endless();
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["A"]);
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["B"]);
  for (const table of ["one_time_keys", "remembered_keys", "fallback_keys"] as const) {
    assert.deepEqual(await house.rows(table), []);
  }
});

test("C6: a device that is unknown here is asked of the appservice, a user of nobody's is not", async (t) => {
  const house = await openProxiedHouse(t);
  house.appserviceKeys.give = endless();
  assert.deepEqual(await claim(house, [claimOf(ghost, "UNHEARD"), claimOf(alice)]), ["A", undefined]);
  assert.equal(house.appserviceKeys.claims.flatMap(({ claims }) => claims).length, 1);
  assert.deepEqual(house.counted.answers.toSorted(), [
    `appservice of ${ghost} UNHEARD to @bob:example.org`,
    `none of ${alice} PHONE to @bob:example.org`,
  ]);
});

test("C6: each appservice is asked for its own users, all at once", async (t) => {
  const house = await openProxiedHouse(t, [registration(), registration({ id: "other" })]);
  const other = "@other_one:example.org" as UserId;
  const both = Promise.withResolvers<void>();
  house.appserviceKeys.give = async (appservice, claims) => {
    if (house.appserviceKeys.claims.length === 2) both.resolve();
    await both.promise;
    return claims.map(({ userId }) => givenKey(`${appservice.id}-${userId.slice(1, userId.indexOf(":"))}`));
  };
  assert.deepEqual(await claim(house, [claimOf(ghost), claimOf(other), claimOf(second)]), [
    "bridge-bridge_ghost",
    "other-other_one",
    "bridge-bridge_second",
  ]);
});

test("C6: whoever opted out, has no URL, shares its namespace or is switched off is not asked", async (t) => {
  const shared = { users: [{ exclusive: false, regex: "@bridge_.*" }], aliases: [], rooms: [] };
  for (const so of [{ answersClaims: false }, { url: undefined }, { namespaces: shared }]) {
    const house = await openProxiedHouse(t, [registration(so)]);
    assert.deepEqual(await claim(house, [claimOf(ghost)]), [undefined]);
    assert.deepEqual(house.appserviceKeys.claims, []);
    assert.equal(house.work.units, 1);
  }
  const house = await openProxiedHouse(t, [registration({ answersQueries: false })]);
  assert.deepEqual(
    await claim({ ...house, compatibility: { ...house.compatibility, msc3983: false } }, [claimOf(ghost)]),
    [undefined],
  );
  assert.deepEqual(house.appserviceKeys.claims, []);
  house.appserviceKeys.give = endless();
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["A"], "it opted out of queries alone");
});

test("C6, C7: over its budget a claim touches neither the pool nor the appservice; without fallback key it is served", async (t) => {
  const house = { ...(await openProxiedHouse(t)), claimBudgets: oneKeyEach };
  house.appserviceKeys.give = endless();
  await putFallback(house, deviceOf(ghost), keysOf(ghost).fallbackKey());
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["A"]);
  await putPool(house, deviceOf(ghost), keysOf(ghost).oneTimeKeys(1, "POOL"));
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["FALL"]);
  assert.equal(house.appserviceKeys.claims.length, 1);
  assert.deepEqual(await claim(house, [claimOf(ghost, phone, "elsewhere.example")]), ["POOL0"], "another claimer");
  for (const key of ["B", "C"]) assert.deepEqual(await claim(house, [claimOf(second)]), [key]);
});

const oneKeyEach = { budget: 1, serverBudget: 0, deviceBudget: 0, refillTime: 60_000 };

test("C6: appservices have the time of the request, and 10 s at most", async (t) => {
  const house = await openProxiedHouse(t);
  for (const timeout of [3, 10_000, 60_000]) await claim(house, [claimOf(ghost)], timeout);
  assert.deepEqual(
    house.appserviceKeys.claims.map(({ timeout }) => timeout),
    [3, 10_000, 10_000],
  );
});

test("C6: claims of nobody's users take one unit of work, claims of proxied ones a second one where keys are missing", async (t) => {
  const house = await openProxiedHouse(t);
  house.appserviceKeys.give = async (_, claims) =>
    claims.map(({ userId }) => (userId === ghost ? givenKey("A") : undefined));
  const units = async (...claims: LocalClaim[]) => {
    const before = house.work.units;
    await claim(house, claims);
    return house.work.units - before;
  };
  assert.equal(await units(claimOf(alice), claimOf(alice, "TABLET")), 1);
  assert.equal(await units(claimOf(alice), claimOf(ghost)), 1);
  assert.equal(await units(claimOf(alice), claimOf(ghost), claimOf(second)), 2);
  assert.equal(house.work.reads, 0);
});

test("C6: a great many claims are taken in several units, and asked for at once", async (t) => {
  const house = await openProxiedHouse(t);
  house.appserviceKeys.give = async (_, claims) =>
    claims.map(({ deviceId }) => (Number(deviceId.slice(1)) % 2 === 0 ? givenKey(deviceId) : undefined));
  const claims = Array.from({ length: 500 }, (_, index) => claimOf(ghost, `D${index}`));
  const given = await claim(house, claims);
  assert.deepEqual(
    given,
    claims.map((_, index) => (index % 2 === 0 ? `D${index}` : undefined)),
  );
  assert.deepEqual([house.appserviceKeys.claims.length, house.work.units], [1, 3 + 2]);
});

test("C8: an appservice that encrypts is to be told of counts that fell and of fallback keys that were first used", async (t) => {
  const house = await openProxiedHouse(t, [registration({ encrypts: true })]);
  await putPool(house, deviceOf(ghost), keysOf(ghost).oneTimeKeys(1));
  await putFallback(house, deviceOf(second), keysOf(second).fallbackKey());
  await putPool(house, deviceOf(alice), keysOf(alice).oneTimeKeys(1));
  const noted = () => storing(house, ({ appserviceQueue }) => appserviceQueue.takeNotedCounts("bridge", 10));
  const name = ({ userId }: { userId: UserId }) => userId;
  await claim(house, [claimOf(ghost), claimOf(second), claimOf(alice), claimOf(ghost, "UNHEARD")]);
  assert.deepEqual((await noted()).map(name).toSorted(), [ghost, second]);
  await claim(house, [claimOf(ghost), claimOf(second)]);
  assert.deepEqual(await noted(), [], "nothing has changed");
});

test("C8: an appservice that encrypts and is not asked for keys is told all the same", async (t) => {
  const house = await openProxiedHouse(t, [registration({ encrypts: true, answersClaims: false })]);
  await putFallback(house, deviceOf(ghost), keysOf(ghost).fallbackKey());
  assert.deepEqual(await claim(house, [claimOf(ghost), claimOf(second)]), ["FALL", undefined]);
  const notes = await storing(house, ({ appserviceQueue }) => appserviceQueue.takeNotedCounts("bridge", 10));
  assert.deepEqual([notes, house.woken], [[deviceOf(ghost)], [ghost]]);
});

test("C8: a fallback key that fills in for the appservice is told of in the unit that marks it used", async (t) => {
  const house = await openProxiedHouse(t, [registration({ encrypts: true })]);
  await putFallback(house, deviceOf(ghost), keysOf(ghost).fallbackKey());
  house.appserviceKeys.give = async (_, claims) => {
    assert.deepEqual(await house.rows("appservice_count_notes"), [], "not before it is given");
    return claims.map(() => undefined);
  };
  assert.deepEqual(await claim(house, [claimOf(ghost)]), ["FALL"]);
  const notes = await storing(house, ({ appserviceQueue }) => appserviceQueue.takeNotedCounts("bridge", 10));
  assert.deepEqual(notes, [deviceOf(ghost)]);
});
