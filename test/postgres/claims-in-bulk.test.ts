import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { addKeys, algorithm, deadlocksText, deviceOf, keyNamed, keysNamed, openKeys, take } from "./key-databases.ts";
import { column, emptyDatabase, rawConnection, untilWaiting } from "./note-databases.ts";

const range = (count: number) => [...Array(count).keys()];
const alice = deviceOf("alice");

/** Ends the connections of the test so that their statistics are written, and asks for them. */
async function countDeadlocks(t: Parameters<typeof rawConnection>[0], url: string, close: () => Promise<unknown>) {
  await close();
  return (await column(await rawConnection(t, url), deadlocksText))[0];
}

test("C1, C2: one device wanted many times in one claim gets as many keys, in order, each once", async (t) => {
  const keys = await openKeys(t, await emptyDatabase(t));
  await addKeys(keys, alice, [keyNamed("A")], [keyNamed("B")], [keyNamed("C")]);
  const bob = deviceOf("bob");
  await addKeys(keys, bob, [keyNamed("bob")]);
  const taken = await take(keys, [alice, bob, alice, alice, bob, alice, alice]);
  const id = (name: string) => `${algorithm}:${name}`;
  assert.deepEqual(taken, [id("A"), id("bob"), id("B"), id("C"), undefined, undefined, undefined]);
});

test("C1: claims that share a statement and want more than there is share out what there is", async (t) => {
  const keys = await openKeys(t, await emptyDatabase(t));
  const owners = range(3).map((index) => deviceOf("alice", `D${index}`));
  for (const [index, owner] of owners.entries()) await addKeys(keys, owner, keysNamed(`${index} `, 10));
  const claims = range(60).map((index) => take(keys, index % 2 === 0 ? owners : [...owners].reverse()));
  const given = (await Promise.all(claims)).flat().filter((id) => id !== undefined);
  assert.equal(given.length, 30);
  assert.equal(new Set(given).size, 30);
});

test("C1: devices and algorithms with odd names are told apart", async (t) => {
  const keys = await openKeys(t, await emptyDatabase(t));
  const odd = ["__proto__", "a b", "a", 'b"', "{}", "NULL", "\\", ","].map((name) => deviceOf("odd", name));
  for (const owner of odd) await addKeys(keys, owner, [keyNamed(`of ${owner.deviceId}`.slice(0, 15))]);
  const taken = await take(keys, [...odd, ...odd]);
  assert.deepEqual(taken, [
    ...odd.map(({ deviceId }) => `${algorithm}:${`of ${deviceId}`.slice(0, 15)}`),
    ...odd.map(() => undefined),
  ]);
});

test("C1: claims of 100 devices in opposite orders, from two processes, neither deadlock nor give anything twice", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openKeys(t, url), await openKeys(t, url)];
  const owners = range(100).map((index) => deviceOf(`user${index}`));
  await Promise.all(owners.map((owner) => addKeys(one, owner, keysNamed(`${owner.userId.slice(0, 8)} `, 12))));
  const given = new Map<DeviceOwner, string[]>();
  const claimAll = async (keys: typeof one, order: readonly DeviceOwner[]) => {
    for (const [index, id] of (await take(keys, order)).entries()) {
      const owner = order[index] as DeviceOwner;
      if (id !== undefined) given.set(owner, [...(given.get(owner) ?? []), id]);
    }
  };
  const reversed = [...owners].reverse();
  // A turn of the loop between them, so that they do not all share a transaction.
  const claimers = range(32).map(async (index) => {
    for (let wait = 0; wait < index % 5; wait++) await new Promise((resolve) => setImmediate(resolve));
    await claimAll(index % 2 === 0 ? one : other, index % 4 < 2 ? owners : reversed);
  });
  await Promise.all(claimers);
  for (let rest = 0; rest < 12; rest++) await claimAll(one, owners);
  for (const owner of owners) {
    const ids = given.get(owner) ?? [];
    assert.equal(ids.length, 12);
    assert.equal(new Set(ids).size, 12);
  }
  assert.equal(await countDeadlocks(t, url, () => Promise.all([one.close(), other.close()])), 0);
});

test("C3: fallback keys used from two processes in opposite orders neither deadlock nor stay unused", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openKeys(t, url), await openKeys(t, url)];
  const owners = range(60).map((index) => deviceOf(`user${index}`));
  const putAll = (round: number) =>
    Promise.all(
      owners.map((owner) =>
        one.unitOfWork.run({ exclusive: [owner.userId] }, ({ fallbackKeys }) =>
          fallbackKeys.put(owner, keyNamed(`F${round}`)),
        ),
      ),
    );
  const use = (keys: typeof one, order: readonly DeviceOwner[]) =>
    keys.unitOfWork.run({}, ({ fallbackKeys }) => fallbackKeys.useAll(order.map((target) => ({ target, algorithm }))));
  for (const round of range(6)) {
    await putAll(round);
    const orders = [owners, [...owners].reverse()];
    const used = await Promise.all(
      range(12).map(async (index) => {
        for (let wait = 0; wait < index % 3; wait++) await new Promise((resolve) => setImmediate(resolve));
        // Some use them in two statements of one transaction.
        const order = orders[index % 2] as DeviceOwner[];
        const keys = index % 4 < 2 ? one : other;
        return [...(await use(keys, order.slice(0, 30))), ...(await use(keys, order.slice(30)))];
      }),
    );
    for (const key of used.flat()) assert.equal(key?.keyId, `${algorithm}:F${round}`);
    // Two that use it for the first time at once may both say so: the owner's sync is woken once more than needed.
    assert.ok(used.flat().filter((key) => key?.firstUse).length >= owners.length);
    const unused = await other.snapshots.read(async ({ fallbackKeys }) => {
      const lists = await Promise.all(owners.map((owner) => fallbackKeys.listUnusedAlgorithms(owner)));
      return lists.flat();
    });
    assert.deepEqual(unused, []);
  }
  assert.equal(await countDeadlocks(t, url, () => Promise.all([one.close(), other.close()])), 0);
});

test("C3: a unit that uses fallback keys in several statements and in any order does not deadlock with others", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openKeys(t, url), await openKeys(t, url)];
  const owners = range(20).map((index) => deviceOf(`user${index}`));
  for (const round of range(4)) {
    await Promise.all(
      owners.map((owner) =>
        one.unitOfWork.run({ exclusive: [owner.userId] }, ({ fallbackKeys }) =>
          fallbackKeys.put(owner, keyNamed(`F${round}`)),
        ),
      ),
    );
    // Claims which first take one-time keys reach the fallback keys later than others of their transaction.
    const claim = (keys: typeof one, order: readonly DeviceOwner[], late: boolean) =>
      keys.unitOfWork.run({}, async ({ oneTimeKeys, fallbackKeys }) => {
        const wanted = order.map((target) => ({ target, algorithm }));
        if (late) await oneTimeKeys.takeAll(wanted);
        return fallbackKeys.useAll(wanted);
      });
    await Promise.all(
      range(16).map((index) => {
        const half = (index + round) % 2 === 0 ? owners.slice(0, 10) : owners.slice(10);
        return claim(index % 4 < 2 ? one : other, half, index % 3 === 0);
      }),
    );
  }
  assert.equal(await countDeadlocks(t, url, () => Promise.all([one.close(), other.close()])), 0);
});

test("C3, K7: uploads of fallback keys beside claims of them, in all orders, do not deadlock", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openKeys(t, url), await openKeys(t, url)];
  const owners = range(20).map((index) => deviceOf(`user${index}`));
  const put = (owner: DeviceOwner, name: string) =>
    one.unitOfWork.run({ exclusive: [owner.userId] }, ({ fallbackKeys }) => fallbackKeys.put(owner, keyNamed(name)));
  for (const owner of owners) await put(owner, "first");
  const wanted = owners.map((target) => ({ target, algorithm }));
  for (const round of range(10)) {
    const reversed = [...owners].reverse();
    const [used] = await Promise.all([
      other.unitOfWork.run({}, ({ fallbackKeys }) => fallbackKeys.useAll(wanted)),
      ...(round % 2 === 0 ? reversed : owners).map((owner) => put(owner, `F${round}`)),
    ]);
    for (const key of used) assert.ok(key, "there is a fallback key at every moment");
  }
  assert.equal(await countDeadlocks(t, url, () => Promise.all([one.close(), other.close()])), 0);
});

test("C3, K7: a claim of fallback keys waits for an upload under way before it holds any of them", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openKeys(t, url), await openKeys(t, url)];
  const looker = await rawConnection(t, url);
  const [first, last] = [deviceOf("anna"), deviceOf("zoe")];
  const exclusive = [first.userId, last.userId];
  const putBoth = (name: string, between: () => Promise<void>) =>
    one.unitOfWork.run({ exclusive }, async ({ fallbackKeys }) => {
      // The last first: claims mark them in the order of their names.
      await fallbackKeys.put(last, keyNamed(name));
      await between();
      await fallbackKeys.put(first, keyNamed(name));
    });
  await putBoth("old", async () => undefined);
  const wanted = [first, last].map((target) => ({ target, algorithm }));
  let claimed: Promise<unknown> = Promise.resolve();
  await putBoth("new", async () => {
    claimed = other.unitOfWork.run({}, ({ fallbackKeys }) => fallbackKeys.useAll(wanted));
    await untilWaiting(looker, 1);
  });
  const ids = ((await claimed) as { keyId: string }[]).map(({ keyId }) => keyId);
  assert.deepEqual(ids, [`${algorithm}:new`, `${algorithm}:new`]);
  await looker.end();
  assert.equal(await countDeadlocks(t, url, () => Promise.all([one.close(), other.close()])), 0);
});
