import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { seedSigner } from "../../protocol/federation/seed-signer.ts";
import { signServerKeys } from "../../protocol/federation/sign-server-keys.ts";
import { day, findKey, type KeyHouse, notary, openKeyHouse, other, publish, vouch } from "./key-house.ts";

const key = seedSigner("ed25519:a_1");
const notaryKey = seedSigner("ed25519:n_1");
const stranger = seedSigner("ed25519:a_1");

function keysOf(house: KeyHouse, ...keys: (typeof key)[]) {
  return signServerKeys(other, { keys, validUntil: house.clock.now() + day });
}

test("where a server does not answer, notaries are asked in their order", async (t) => {
  const silent = "silent.example" as ServerName;
  const house = await openKeyHouse(t, [silent, notary]);
  publish(house, notary, notaryKey);
  vouch(house, notary, notaryKey, other, keysOf(house, key));
  assert.equal(await findKey(house, other, key.keyId), key.publicKey);
  const wish = `${other} ${key.keyId}`;
  assert.deepEqual(house.keyServers.asked, [other, `${silent}: ${wish}`, `${notary}: ${wish}`, notary]);
  assert.equal(await findKey(house, other, key.keyId), key.publicKey);
  assert.equal(house.keyServers.asked.length, 4);
});

test("a server that answers is believed more than any notary", async (t) => {
  const house = await openKeyHouse(t, [notary]);
  publish(house, other, seedSigner("ed25519:a_2"));
  publish(house, notary, notaryKey);
  vouch(house, notary, notaryKey, other, keysOf(house, key));
  assert.equal(await findKey(house, other, key.keyId), undefined);
  assert.deepEqual(house.keyServers.asked, [other]);
});

test("no server is its own notary, nor is this one", async (t) => {
  const house = await openKeyHouse(t, [other, "example.org" as ServerName]);
  assert.equal(await findKey(house, other, key.keyId), undefined);
  assert.deepEqual(house.keyServers.asked, [other]);
});

test("a notary that lies is not believed", async (t) => {
  const house = await openKeyHouse(t, [notary]);
  publish(house, notary, notaryKey);
  const genuine = keysOf(house, key);
  const lies = [
    // Not signed by the server.
    { ...genuine, signatures: {} },
    // Changed after the server had signed it.
    { ...genuine, valid_until_ts: house.clock.now() + 2 * day },
    // Another server's.
    signServerKeys("another.example", { keys: [key], validUntil: house.clock.now() + day }),
  ];
  for (const lie of lies) {
    vouch(house, notary, notaryKey, other, lie);
    assert.equal(await findKey(house, other, key.keyId), undefined);
  }
  // Not signed by the notary, or with a key that is not the notary's.
  house.keyServers.vouched.set(`${notary} ${other}`, [genuine]);
  assert.equal(await findKey(house, other, key.keyId), undefined);
  vouch(house, notary, seedSigner(notaryKey.keyId), other, genuine);
  assert.equal(await findKey(house, other, key.keyId), undefined);
  const stored = await house.rows("server_keys");
  assert.deepEqual(
    stored.map((row) => (row as { server_name: string }).server_name),
    [notary],
  );
});

test("a notary whose own keys are not to be had is not believed", async (t) => {
  const house = await openKeyHouse(t, [notary]);
  vouch(house, notary, notaryKey, other, keysOf(house, key));
  assert.equal(await findKey(house, other, key.keyId), undefined);
});

test("a notary that has rotated its key is believed", async (t) => {
  const house = await openKeyHouse(t, [notary]);
  publish(house, notary, notaryKey);
  vouch(house, notary, notaryKey, other, keysOf(house, key));
  await findKey(house, other, key.keyId);
  house.clock.advance(day);
  const rotated = seedSigner("ed25519:n_2");
  publish(house, notary, rotated);
  vouch(house, notary, rotated, other, keysOf(house, key));
  assert.equal(await findKey(house, other, key.keyId), key.publicKey);
});

test("what a notary vouches for is taken for 7 days at most", async (t) => {
  const house = await openKeyHouse(t, [notary]);
  publish(house, notary, notaryKey);
  vouch(
    house,
    notary,
    notaryKey,
    other,
    signServerKeys(other, { keys: [key], validUntil: house.clock.now() + 99 * day }),
  );
  await findKey(house, other, key.keyId);
  house.keyServers.vouched.clear();
  house.clock.advance(7 * day);
  assert.equal(await findKey(house, other, key.keyId), undefined);
});

test("a notary does not put another key in the place of one that is known", async (t) => {
  const house = await openKeyHouse(t, [notary]);
  publish(house, other, key);
  await findKey(house, other, key.keyId);
  house.keyServers.own.delete(other);
  house.clock.advance(day);
  publish(house, notary, notaryKey);
  vouch(house, notary, notaryKey, other, keysOf(house, stranger));
  assert.equal(await findKey(house, other, key.keyId), undefined);
  const stored = await house.snapshots.ask(({ serverKeys }) => serverKeys.findKey(other, key.keyId));
  assert.equal(stored?.publicKey, key.publicKey);
});

test("a notary does not bring back a key that has expired, but may say that one has", async (t) => {
  const house = await openKeyHouse(t, [notary]);
  publish(house, notary, notaryKey);
  const next = seedSigner("ed25519:a_2");
  const before = keysOf(house, key);
  const expiredAt = house.clock.now() - 1000;
  const validUntil = house.clock.now() + day;
  vouch(
    house,
    notary,
    notaryKey,
    other,
    signServerKeys(other, { keys: [next], old: [{ key, expiredAt }], validUntil }),
  );
  assert.equal(await findKey(house, other, next.keyId), next.publicKey);
  house.clock.advance(60_000);
  vouch(house, notary, notaryKey, other, before);
  assert.equal(await findKey(house, other, key.keyId), undefined);
  const stored = await house.snapshots.ask(({ serverKeys }) => serverKeys.findKey(other, key.keyId));
  assert.equal(stored?.expiredAt, expiredAt);
});
