import assert from "node:assert/strict";
import type { OwnKey } from "../../src/domain/federation-out/own-key-store.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { noon } from "./owners.ts";

contract("ownKeys", {
  "keys are listed as they were added, the oldest first, those of one moment by id": async (database) => {
    assert.deepEqual(await list(database), []);
    const [third, first, second] = [key("ed25519:3", noon + 1), key("ed25519:1", noon), key("ed25519:2", noon)];
    await add(database, third, first, second);
    assert.deepEqual(await list(database), [first, second, third]);
  },

  "a key expires alone": async (database) => {
    const [old, next] = [key("ed25519:old", noon), key("ed25519:new", noon + 1)];
    await add(database, old, next);
    await database.unitOfWork.run("everything", ({ ownKeys }) => ownKeys.expire(old.keyId, noon + 2));
    assert.deepEqual(await list(database), [{ ...old, expiredAt: noon + 2 }, next]);
  },

  "a key may be added that has expired already; no two have one id": async (database) => {
    const old = { ...key("ed25519:old", noon), expiredAt: noon + 1 };
    await add(database, old);
    await assert.rejects(add(database, key(old.keyId, noon + 2)));
    assert.deepEqual(await list(database), [old]);
  },

  "a unit that fails adds and expires nothing": async (database) => {
    await add(database, key("ed25519:1", noon));
    await runAndFail(database.unitOfWork, async ({ ownKeys }) => {
      await ownKeys.add(key("ed25519:2", noon));
      await ownKeys.expire("ed25519:1", noon);
    });
    assert.deepEqual(await list(database), [key("ed25519:1", noon)]);
  },
});

function key(keyId: string, madeAt: number): OwnKey {
  return { keyId, publicKey: `public key of ${keyId}`, madeAt, expiredAt: undefined };
}

function add({ unitOfWork }: TestDatabase, ...keys: OwnKey[]): Promise<void> {
  return unitOfWork.run("everything", async ({ ownKeys }) => {
    for (const each of keys) await ownKeys.add(each);
  });
}

function list({ snapshots }: TestDatabase): Promise<OwnKey[]> {
  return snapshots.read(({ ownKeys }) => ownKeys.listOwnKeys());
}
