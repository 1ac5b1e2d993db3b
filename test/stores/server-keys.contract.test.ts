import assert from "node:assert/strict";
import type { StoredKeysObject, StoredServerKey } from "../../src/domain/federation-out/server-key-store.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { east, noon, serverNamed, west } from "./owners.ts";

contract("serverKeys", {
  "a key is found by its server and id": async (database) => {
    const [first, second] = [key("ed25519:1"), { ...key("ed25519:2"), expiredAt: noon - 1 }];
    await put(database, east, second, first);
    assert.deepEqual(await find(database, east, "ed25519:1"), first);
    assert.deepEqual(await find(database, east, "ed25519:2"), second);
    assert.equal(await find(database, west, "ed25519:1"), undefined);
    assert.equal(await find(database, east, "ed25519:3"), undefined);
    assert.deepEqual(await list(database, east), [first, second]);
    assert.deepEqual(await list(database, west), []);
  },

  "keys replace those of the same ids, and leave the others": async (database) => {
    await put(database, east, { ...key("ed25519:1"), expiredAt: noon }, key("ed25519:2"));
    await put(database, west, key("ed25519:1"));
    const renewed = { ...key("ed25519:1"), publicKey: "another", validUntil: noon + 9, fetchedAt: noon + 8 };
    await put(database, east, renewed, key("ed25519:3"));
    assert.deepEqual(await list(database, east), [renewed, key("ed25519:2"), key("ed25519:3")]);
    assert.deepEqual(await list(database, west), [key("ed25519:1")]);
  },

  "no keys are put without a word": async (database) => {
    await put(database, east);
    assert.deepEqual(await list(database, east), []);
  },

  "many may ask at once, and put at once": async (database) => {
    const ids = Array.from({ length: 30 }, (_, index) => `ed25519:${index}`);
    await Promise.all(
      ids.map((_, turn) => put(database, east, ...[...ids.slice(turn), ...ids.slice(0, turn)].map((id) => key(id)))),
    );
    const found = await Promise.all(ids.map((id) => find(database, east, id)));
    assert.deepEqual(
      found,
      ids.map((id) => key(id)),
    );
  },

  "servers and key ids may be any text": async (database) => {
    for (const text of oddTexts) await put(database, serverNamed(text), key(text));
    await put(database, east, ...oddTexts.map((text) => key(text)));
    for (const text of oddTexts) {
      assert.deepEqual(await list(database, serverNamed(text)), [key(text)]);
      assert.deepEqual(await find(database, east, text), key(text));
    }
    assert.equal((await list(database, east)).length, oddTexts.length);
  },

  "a unit that fails puts nothing": async (database) => {
    await put(database, east, key("ed25519:1"));
    await runAndFail(database.unitOfWork, ({ serverKeys }) =>
      serverKeys.putKeys(east, [{ ...key("ed25519:1"), validUntil: noon }, key("ed25519:2")]),
    );
    assert.deepEqual(await list(database, east), [key("ed25519:1")]);
  },

  "keys are removed by their ids, of their server alone": async (database) => {
    await put(database, east, key("ed25519:1"), key("ed25519:2"), key("ed25519:3"));
    await put(database, west, key("ed25519:1"));
    await database.unitOfWork.run({}, async ({ serverKeys }) => {
      await serverKeys.removeKeys(east, ["ed25519:1", "ed25519:3", "ed25519:9"]);
      await serverKeys.removeKeys(east, []);
    });
    assert.deepEqual(await list(database, east), [key("ed25519:2")]);
    assert.deepEqual(await list(database, west), [key("ed25519:1")]);
  },

  "a server has one object, the one that was put last": async (database) => {
    assert.equal(await findObject(database, east), undefined);
    await putObject(database, east, noon, noon + 1);
    await putObject(database, west, noon, noon + 2);
    await putObject(database, east, noon + 5, noon + 3);
    assert.deepEqual(await findObject(database, east), object(noon + 5, noon + 3));
    assert.deepEqual(await findObject(database, west), object(noon, noon + 2));
  },

  "servers are listed whose object was valid until before a time, and those that were fetched longest ago": async (
    database,
  ) => {
    const names = ["a.test", "b.test", "c.test", "d.test"].map(serverNamed);
    for (const [index, name] of names.entries()) await putObject(database, name, noon + index, noon - index);
    const [a, b, c, d] = names.map((server, index) => ({ server, fetchedAt: noon + index }));
    await database.snapshots.read(async ({ serverKeys }) => {
      assert.deepEqual(await serverKeys.listServersInvalidBefore(noon - 1, 10), [d, c]);
      assert.deepEqual(await serverKeys.listServersInvalidBefore(noon + 1, 3), [d, c, b]);
      assert.deepEqual(await serverKeys.listServersBeyond(2, 10), [b, a]);
      assert.deepEqual(await serverKeys.listServersBeyond(1, 1), [c]);
      assert.deepEqual(await serverKeys.listServersBeyond(4, 10), []);
    });
  },

  "a server is forgotten with its keys, unless they were fetched again": async (database) => {
    for (const server of [east, west]) {
      await put(database, server, key("ed25519:1"), key("ed25519:2"));
      await putObject(database, server, noon, noon);
    }
    const forget = (fetchedAt: number) =>
      database.unitOfWork.run({}, ({ serverKeys }) => serverKeys.forget({ server: east, fetchedAt }));
    await forget(noon - 1);
    assert.equal((await list(database, east)).length, 2);
    await forget(noon);
    assert.deepEqual(await list(database, east), []);
    assert.equal(await findObject(database, east), undefined);
    assert.equal((await list(database, west)).length, 2);
    assert.deepEqual(await findObject(database, west), object(noon, noon));
  },
});

function object(fetchedAt: number, validUntil: number): StoredKeysObject {
  return { json: JSON.stringify({ saidAt: fetchedAt }), fetchedAt, validUntil };
}

function putObject({ unitOfWork }: TestDatabase, server: typeof east, fetchedAt: number, until: number): Promise<void> {
  return unitOfWork.run({}, ({ serverKeys }) => serverKeys.putObject(server, object(fetchedAt, until)));
}

function findObject({ snapshots }: TestDatabase, server: typeof east) {
  return snapshots.read(({ serverKeys }) => serverKeys.findObject(server));
}

function key(keyId: string): StoredServerKey {
  return { keyId, publicKey: `public ${keyId}`, validUntil: noon + 1, expiredAt: undefined, fetchedAt: noon };
}

function put({ unitOfWork }: TestDatabase, server: typeof east, ...keys: StoredServerKey[]): Promise<void> {
  return unitOfWork.run({}, ({ serverKeys }) => serverKeys.putKeys(server, keys));
}

function find({ snapshots }: TestDatabase, server: typeof east, keyId: string) {
  return snapshots.read(({ serverKeys }) => serverKeys.findKey(server, keyId));
}

function list({ snapshots }: TestDatabase, server: typeof east): Promise<StoredServerKey[]> {
  return snapshots.read(({ serverKeys }) => serverKeys.listKeys(server));
}
