import assert from "node:assert/strict";
import type { IssuedKey } from "../../src/domain/one-time-keys/one-time-key-store.ts";
import { contract, runAndFail } from "./contract.ts";
import { issuedForm, keyNamed, keyPool, keysNamed, signed, sortedIds, takeKey } from "./key-pool.ts";
import { oddKeyParts, oddTexts } from "./odd-texts.ts";
import { alice, bobsPhone, deviceOf, laptop, phone, userNamed } from "./owners.ts";

contract("oneTimeKeys", {
  "C2: keys are taken in the order of their uploads, until none is left": async (database) => {
    const pool = keyPool(database, phone);
    const uploads = [keysNamed("z", 20), keysNamed("a", 1), keysNamed("m", 3), keysNamed("b", 1)];
    for (const keys of uploads) await pool.add(...keys);
    for (const keys of uploads) {
      const taken: (IssuedKey | undefined)[] = [];
      for (const _ of keys) taken.push(await pool.take());
      // Keys of one upload have no order among themselves.
      assert.deepEqual(sortedIds(taken), sortedIds(keys));
    }
    assert.equal(await pool.take(), undefined);
    assert.equal(await pool.take(), undefined);
  },

  "C2: the order goes on where keys were taken in between": async (database) => {
    const pool = keyPool(database, phone);
    await pool.add(keyNamed("first"));
    await pool.add(keyNamed("second"));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("first")));
    await pool.add(keyNamed("third"));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("second")));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("third")));
    await pool.add(keyNamed("fourth"));
    await pool.add(keyNamed("fifth"));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("fourth")));
  },

  "C1: of claims that run at once each gets a key of its own": async (database) => {
    const pool = keyPool(database, phone);
    await pool.add(...keysNamed("key", 10));
    const taken = await Promise.all(Array.from({ length: 25 }, () => pool.take()));
    const ids = taken.flatMap((key) => key?.keyId ?? []);
    assert.equal(ids.length, 10);
    assert.equal(new Set(ids).size, 10);
  },

  "C1: claims of one unit get keys of their own": async (database) => {
    const pool = keyPool(database, phone);
    await pool.add(...keysNamed("key", 2));
    const taken = await database.unitOfWork.run("everything", async ({ oneTimeKeys }) => [
      await takeKey(oneTimeKeys, phone),
      await takeKey(oneTimeKeys, phone),
      await takeKey(oneTimeKeys, phone),
    ]);
    assert.deepEqual(sortedIds(taken.slice(0, 2)), sortedIds(keysNamed("key", 2)));
    assert.equal(taken[2], undefined);
    assert.deepEqual(await pool.counts(), {});
  },

  "a key is taken as it was uploaded, from its device and algorithm alone": async (database) => {
    const pool = keyPool(database, phone);
    const key = keyNamed("AAAA");
    await pool.add(key);
    for (const other of [laptop, bobsPhone, deviceOf(alice, "NONE"), deviceOf(userNamed("none"), "PHONE")]) {
      assert.equal(await keyPool(database, other).take(), undefined);
    }
    assert.equal(await pool.take("curve25519"), undefined);
    assert.deepEqual(await pool.take(), { keyId: "signed_curve25519:AAAA", json: key.json });
  },

  "the pool is counted by algorithm, and an algorithm without keys is absent": async (database) => {
    const [pool, other] = [keyPool(database, phone), keyPool(database, laptop)];
    assert.deepEqual(await pool.counts(), {});
    await pool.add(...keysNamed("key", 3), keyNamed("curve25519:A"), keyNamed("x:A"));
    await other.add(...keysNamed("key", 1));
    assert.deepEqual(await pool.counts(), { [signed]: 3, curve25519: 1, x: 1 });
    await pool.take();
    await pool.take("x");
    assert.deepEqual(await pool.counts(), { [signed]: 2, curve25519: 1 });
    assert.deepEqual(await other.counts(), { [signed]: 1 });
  },

  "keys of the pool are found by id; issued ones and those of other devices are not": async (database) => {
    const pool = keyPool(database, phone);
    const [issued, kept, foreign, unknown] = [keyNamed("a"), keyNamed("b"), keyNamed("c"), keyNamed("d")];
    await pool.add(issued);
    await pool.add(kept);
    await keyPool(database, laptop).add(foreign);
    await pool.take();
    const found = await pool.find(issued.keyId, kept.keyId, foreign.keyId, unknown.keyId);
    assert.deepEqual(found, [{ keyId: kept.keyId, digest: kept.digest, json: kept.json }]);
    assert.deepEqual(await pool.find(), []);
  },

  "K9: a removed pool leaves what was issued, and its own keys may come again": async (database) => {
    const pool = keyPool(database, phone);
    const others = [keyPool(database, laptop), keyPool(database, bobsPhone)];
    await pool.add(keyNamed("issued"));
    await pool.add(...keysNamed("key", 3), keyNamed("curve25519:A"));
    for (const other of others) await other.add(keyNamed("key0"));
    await pool.take();
    await database.unitOfWork.run("everything", ({ oneTimeKeys }) => oneTimeKeys.removePool(phone));
    assert.deepEqual(await pool.counts(), {});
    assert.equal(await pool.take(), undefined);
    assert.deepEqual(await pool.known(keyNamed("issued"), ...keysNamed("key", 3)), [keyNamed("issued")]);
    for (const other of others) assert.deepEqual(await other.counts(), { [signed]: 1 });
    await pool.add(keyNamed("key2"));
    await pool.add(keyNamed("key0"));
    assert.deepEqual(await pool.take(), issuedForm(keyNamed("key2")));
  },

  "S4: a device's keys are removed with what was remembered; other devices keep theirs": async (database) => {
    const [pool, ...others] = [phone, laptop, bobsPhone].map((owner) => keyPool(database, owner));
    for (const each of [pool!, ...others]) {
      await each.add(keyNamed("issued"));
      await each.add(keyNamed("pooled"));
      await each.take();
    }
    await database.unitOfWork.run("everything", ({ oneTimeKeys }) => oneTimeKeys.removeAll(phone));
    const keys = [keyNamed("issued"), keyNamed("pooled")];
    assert.deepEqual(await pool!.counts(), {});
    assert.deepEqual(await pool!.known(...keys), []);
    for (const other of others) {
      assert.deepEqual(await other.counts(), { [signed]: 1 });
      assert.deepEqual(await other.known(...keys), keys);
    }
  },

  "a unit that fails leaves no key, takes none and forgets none": async (database) => {
    const pool = keyPool(database, phone);
    const [first, second, third, never] = [keyNamed("1"), keyNamed("2"), keyNamed("3"), keyNamed("4")];
    for (const key of [first, second, third]) await pool.add(key);
    await pool.take();
    const { unitOfWork } = database;
    await runAndFail(unitOfWork, async ({ oneTimeKeys }) => {
      assert.deepEqual(await takeKey(oneTimeKeys, phone), issuedForm(second));
      await oneTimeKeys.add(phone, [never]);
    });
    await runAndFail(unitOfWork, ({ oneTimeKeys }) => oneTimeKeys.removePool(phone));
    await runAndFail(unitOfWork, ({ oneTimeKeys }) => oneTimeKeys.retireAllPools());
    await runAndFail(unitOfWork, ({ oneTimeKeys }) => oneTimeKeys.removeAll(phone));
    assert.deepEqual(await pool.known(never, first, second), [first, second]);
    assert.deepEqual(await pool.take(), issuedForm(second));
    assert.deepEqual(await pool.take(), issuedForm(third));
    assert.equal(await pool.take(), undefined);
  },

  "adding tells how many keys were ever stored on this server, for whomever": async (database) => {
    const add = (owner: typeof phone, ...names: string[]) =>
      database.unitOfWork.run("everything", ({ oneTimeKeys }) =>
        oneTimeKeys.add(
          owner,
          names.map((name) => keyNamed(name)),
        ),
      );
    assert.equal(await add(phone, "1", "2", "3"), 3);
    await keyPool(database, phone).take();
    await database.unitOfWork.run("everything", ({ oneTimeKeys }) => oneTimeKeys.removeAll(phone));
    assert.equal(await add(laptop, "1", "2"), 5);
    assert.equal(await add(bobsPhone, "curve25519:A"), 6);
  },

  "500 long keys are one upload": async (database) => {
    const pool = keyPool(database, phone);
    const keys = keysNamed("\u{1f5dd}".repeat(58), 500);
    await pool.add(...keys);
    assert.deepEqual(await pool.counts(), { [signed]: 500 });
    assert.equal((await pool.find(...keys.map(({ keyId }) => keyId))).length, 500);
    assert.equal((await pool.known(...keys)).length, 500);
  },

  "owners may be any text": async (database) => {
    const owners = oddTexts.flatMap((text) => [deviceOf(alice, text), deviceOf(userNamed(text), "PHONE")]);
    for (const [index, owner] of owners.entries()) await keyPool(database, owner).add(keyNamed("A", `key ${index}`));
    for (const [index, owner] of owners.entries()) {
      const pool = keyPool(database, owner);
      assert.deepEqual(await pool.take(), issuedForm(keyNamed("A", `key ${index}`)));
      assert.equal(await pool.take(), undefined);
    }
  },

  "algorithms and ids may be any text": async (database) => {
    const pool = keyPool(database, phone);
    const keys = oddKeyParts.flatMap((part) => [keyNamed(`${part}:A`), keyNamed(`a:${part}`)]);
    await pool.add(...keys);
    assert.deepEqual(sortedIds(await pool.find(...keys.map(({ keyId }) => keyId))), sortedIds(keys));
    assert.deepEqual(Object.keys(await pool.counts()).sort(), ["a", ...oddKeyParts].sort());
    for (const part of oddKeyParts) assert.deepEqual(await pool.take(part), issuedForm(keyNamed(`${part}:A`)));
  },
});
