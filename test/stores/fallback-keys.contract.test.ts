import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { issuedForm, keyNamed, signed } from "./key-pool.ts";
import { oddKeyParts, oddTexts } from "./odd-texts.ts";
import { alice, bobsPhone, deviceOf, laptop, phone, userNamed } from "./owners.ts";

contract("fallbackKeys", {
  "a key is unused until it is marked, and it stays": async (database) => {
    assert.equal(await find(database), undefined);
    assert.deepEqual(await unused(database), []);
    await change(database, (store) => store.put(phone, keyNamed("A")));
    assert.deepEqual(await find(database), { ...issuedForm(keyNamed("A")), used: false });
    await change(database, (store) => store.useAll([{ target: phone, algorithm: signed }]));
    await change(database, (store) => store.useAll([{ target: phone, algorithm: signed }]));
    assert.deepEqual(await find(database), { ...issuedForm(keyNamed("A")), used: true });
    assert.deepEqual(await unused(database), []);
  },

  "K7: a key replaces the one of its algorithm, and is unused": async (database) => {
    for (const replacement of [keyNamed("A", "P1"), keyNamed("A", "P2"), keyNamed("B", "P2"), keyNamed("A", "P1")]) {
      await change(database, (store) => store.useAll([{ target: phone, algorithm: signed }]));
      await change(database, (store) => store.put(phone, replacement));
      assert.deepEqual(await find(database), { ...issuedForm(replacement), used: false });
    }
  },

  "K7: the same key, id and public key, keeps its mark and takes the new signature": async (database) => {
    const key = keyNamed("A");
    const signedAnew = { ...key, json: key.json.replace("c2lnbmVk", "YW5ldw") };
    await change(database, (store) => store.put(phone, key));
    await change(database, (store) => store.put(phone, key));
    assert.equal((await find(database))?.used, false);
    await change(database, (store) => store.useAll([{ target: phone, algorithm: signed }]));
    await change(database, (store) => store.put(phone, signedAnew));
    assert.deepEqual(await find(database), { ...issuedForm(signedAnew), used: true });
  },

  "each device has one key per algorithm, and those that are unused are listed sorted": async (database) => {
    const algorithms = ["signed_curve25519", "curve25519", "Z", "a", "\u00e9"];
    await change(database, async (store) => {
      for (const algorithm of algorithms) await store.put(phone, keyNamed(`${algorithm}:A`));
      for (const other of [laptop, bobsPhone]) await store.put(other, keyNamed("B"));
      await store.useAll([{ target: phone, algorithm: "a" }]);
      await store.useAll([{ target: phone, algorithm: "unknown" }]);
    });
    assert.deepEqual(await unused(database), ["Z", "curve25519", "signed_curve25519", "\u00e9"]);
    assert.deepEqual(await unused(database, laptop), [signed]);
    assert.equal((await find(database, bobsPhone))?.keyId, `${signed}:B`);
    assert.equal((await find(database, phone, "a"))?.used, true);
  },

  "a device's keys are removed; other devices keep theirs": async (database) => {
    await change(database, async (store) => {
      await store.put(phone, keyNamed("A"));
      await store.put(phone, keyNamed("curve25519:A"));
      for (const other of [laptop, bobsPhone]) await store.put(other, keyNamed("A"));
      await store.removeAll(phone);
    });
    assert.deepEqual(await unused(database), []);
    assert.equal(await find(database), undefined);
    for (const other of [laptop, bobsPhone]) assert.deepEqual(await unused(database, other), [signed]);
    await change(database, (store) => store.put(phone, keyNamed("A")));
    assert.equal((await find(database))?.used, false);
  },

  "E5: every key of the server is marked used": async (database) => {
    const owners = [phone, laptop, bobsPhone];
    await change(database, async (store) => {
      for (const owner of owners) await store.put(owner, keyNamed("A"));
      await store.markAllUsed();
    });
    for (const owner of owners) assert.equal((await find(database, owner))?.used, true);
    await change(database, (store) => store.put(phone, keyNamed("A")));
    assert.equal((await find(database))?.used, true);
  },

  "a unit that fails leaves key and mark as they were": async (database) => {
    await change(database, (store) => store.put(phone, keyNamed("A")));
    const { unitOfWork } = database;
    await runAndFail(unitOfWork, ({ fallbackKeys }) => fallbackKeys.useAll([{ target: phone, algorithm: signed }]));
    await runAndFail(unitOfWork, ({ fallbackKeys }) => fallbackKeys.markAllUsed());
    await runAndFail(unitOfWork, ({ fallbackKeys }) => fallbackKeys.put(phone, keyNamed("B")));
    await runAndFail(unitOfWork, ({ fallbackKeys }) => fallbackKeys.put(laptop, keyNamed("B")));
    await runAndFail(unitOfWork, ({ fallbackKeys }) => fallbackKeys.removeAll(phone));
    assert.deepEqual(await find(database), { ...issuedForm(keyNamed("A")), used: false });
    assert.equal(await find(database, laptop), undefined);
  },

  "owners and algorithms may be any text": async (database) => {
    const owners = oddTexts.flatMap((text) => [deviceOf(alice, text), deviceOf(userNamed(text), "PHONE")]);
    await change(database, async (store) => {
      for (const [index, owner] of owners.entries()) await store.put(owner, keyNamed(`${index}`));
      for (const algorithm of oddKeyParts) await store.put(phone, keyNamed(`${algorithm}:A`));
    });
    for (const [index, owner] of owners.entries()) {
      assert.equal((await find(database, owner))?.keyId, `${signed}:${index}`);
    }
    for (const algorithm of oddKeyParts) {
      assert.equal((await find(database, phone, algorithm))?.keyId, `${algorithm}:A`);
    }
    assert.equal((await unused(database)).length, oddKeyParts.length);
  },
});

function change(
  { unitOfWork }: TestDatabase,
  work: (store: Stores["fallbackKeys"]) => Promise<unknown>,
): Promise<unknown> {
  return unitOfWork.run("everything", ({ fallbackKeys }) => work(fallbackKeys));
}

function find({ snapshots }: TestDatabase, owner = phone, algorithm = signed) {
  return snapshots.read(({ fallbackKeys }) => fallbackKeys.findKey(owner, algorithm));
}

function unused({ snapshots }: TestDatabase, owner = phone) {
  return snapshots.read(({ fallbackKeys }) => fallbackKeys.listUnusedAlgorithms(owner));
}
