import assert from "node:assert/strict";
import { contract } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { issuedForm, keyNamed, keyPool, keysNamed, signed } from "./key-pool.ts";
import { bobsPhone, laptop, phone } from "./owners.ts";

/** Issued keys stay remembered, so that they are never issued again. */
contract("oneTimeKeys", {
  "K5: public keys of the pool and issued ones are known, under whatever id": async (database) => {
    const pool = keyPool(database, phone);
    await pool.add(keyNamed("issued", "P1"));
    await pool.add(keyNamed("pooled", "P2"));
    await pool.take();
    const again = [keyNamed("another", "P1"), keyNamed("one more", "P2")];
    assert.deepEqual(await pool.known(...again, keyNamed("issued", "P3")), again);
    assert.deepEqual(await pool.known(keyNamed("curve25519:issued", "P1")), []);
    assert.deepEqual(await pool.known(), []);
    for (const other of [laptop, bobsPhone]) assert.deepEqual(await keyPool(database, other).known(...again), []);
  },

  "K5: an id is free for another public key once it is issued": async (database) => {
    const pool = keyPool(database, phone);
    await pool.add(keyNamed("AAAA", "P1"));
    await pool.take();
    await pool.add(keyNamed("AAAA", "P2"));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("AAAA", "P2")));
    const issued = [keyNamed("B", "P1"), keyNamed("C", "P2")];
    assert.deepEqual(await pool.known(...issued), issued);
  },

  "K5: a known public key is refused by the engine itself, and nothing of its upload stays": async (database) => {
    const pool = keyPool(database, phone);
    await pool.add(keyNamed("pooled", "P1"));
    await assert.rejects(pool.add(keyNamed("new"), keyNamed("again", "P1")));
    await pool.take();
    await assert.rejects(pool.add(keyNamed("new"), keyNamed("pooled", "P1")));
    assert.deepEqual(await pool.counts(), {});
    assert.deepEqual(await pool.known(keyNamed("new")), []);
  },

  "K5: pruning forgets the oldest, but none of the newest that are kept": async (database) => {
    const keys = keysNamed("key", 1000);
    const pool = await poolWithIssued(database, keys);
    await prune(database, [signed], 100);
    assert.deepEqual(await pool.known(...keys.slice(0, 100)), []);
    assert.deepEqual(await pool.known(...keys.slice(-100)), keys.slice(-100));
  },

  "K5: as many as are kept, or fewer, are all remembered": async (database) => {
    const keys = keysNamed("key", 600);
    const pool = await poolWithIssued(database, keys);
    await prune(database, [signed], 600);
    await prune(database, [signed], 5000);
    assert.deepEqual(await pool.known(...keys), keys);
  },

  "K5: pruning touches neither the pool nor other algorithms nor other devices": async (database) => {
    const keys = keysNamed("key", 700);
    const pool = await poolWithIssued(database, keys);
    const other = await poolWithIssued(database, keys, laptop);
    await pool.add(keyNamed("old:A"));
    await pool.take("old");
    await pool.add(...keysNamed("pooled", 50));
    await prune(database, [signed, "none"], 0);
    await prune(database, [], 0);
    assert.deepEqual(await pool.known(...keys.slice(0, 100)), []);
    assert.deepEqual(await pool.known(keyNamed("old:A")), [keyNamed("old:A")]);
    assert.deepEqual(await pool.counts(), { [signed]: 50 });
    assert.equal((await other.known(...keys)).length, 700);
  },

  "C2: the order of uploads outlives pruning": async (database) => {
    const pool = await poolWithIssued(database, keysNamed("key", 700));
    await pool.add(keyNamed("first"));
    await prune(database, [signed], 0);
    await pool.add(keyNamed("second"));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("first")));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("second")));
  },

  "E5: retired pools are dropped, and their keys stay remembered": async (database) => {
    const pools = [phone, laptop, bobsPhone].map((owner) => keyPool(database, owner));
    const keys = keysNamed("key", 4);
    for (const pool of pools) await pool.add(...keys);
    await pools[0]?.add(keyNamed("curve25519:A"));
    await pools[0]?.take();
    const retire = () => database.unitOfWork.run("everything", ({ oneTimeKeys }) => oneTimeKeys.retireAllPools());
    assert.equal(await retire(), 12);
    for (const pool of pools) {
      assert.deepEqual(await pool.counts(), {});
      assert.equal(await pool.take(), undefined);
      assert.deepEqual(await pool.known(...keys), keys);
      await pool.add(keyNamed("key0", "another public key"));
      assert.deepEqual(await pool.take(), issuedForm(keyNamed("key0", "another public key")));
    }
    assert.equal(await retire(), 0);
  },
});

async function poolWithIssued(database: TestDatabase, keys: ReturnType<typeof keysNamed>, owner = phone) {
  const pool = keyPool(database, owner);
  await database.unitOfWork.run("everything", async ({ oneTimeKeys }) => {
    for (const key of keys) {
      await oneTimeKeys.add(owner, [key]);
      await oneTimeKeys.takeAll([{ target: owner, algorithm: signed }]);
    }
  });
  return pool;
}

async function prune({ unitOfWork }: TestDatabase, algorithms: readonly string[], kept: number): Promise<void> {
  await unitOfWork.run("everything", ({ oneTimeKeys }) => oneTimeKeys.forgetIssued(phone, algorithms, kept));
}
