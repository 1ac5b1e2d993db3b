import assert from "node:assert/strict";
import { test } from "node:test";
import { findVerifyKey } from "../../../src/domain/federation-out/find-verify-key.ts";
import { seedSigner } from "../../protocol/federation/seed-signer.ts";
import { signServerKeys } from "../../protocol/federation/sign-server-keys.ts";
import { day, findKey, openKeyHouse, other, publish } from "./key-house.ts";

const key = seedSigner("ed25519:a_1");
const next = seedSigner("ed25519:a_2");

test("a key is fetched from its server once, as long as it is valid", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  assert.equal(await findKey(house, other, key.keyId), key.publicKey);
  house.clock.advance(day - 1);
  assert.equal(await findKey(house, other, key.keyId), key.publicKey);
  assert.deepEqual(house.keyServers.asked, [other]);
});

test("a key that is valid no more is fetched again, and not taken where that fails", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  await findKey(house, other, key.keyId);
  house.clock.advance(day);
  assert.equal(await findKey(house, other, key.keyId), undefined);
  publish(house, other, key);
  house.clock.advance(10_000);
  assert.equal(await findKey(house, other, key.keyId), key.publicKey);
  assert.deepEqual(house.keyServers.asked, [other, other, other]);
  assert.equal((await house.rows("server_keys")).length, 1);
});

test("no key is taken for longer than 7 days after it was fetched, whatever its server says", async (t) => {
  const house = await openKeyHouse(t);
  house.keyServers.own.set(other, signServerKeys(other, { keys: [key], validUntil: house.clock.now() + 400 * day }));
  await findKey(house, other, key.keyId);
  house.keyServers.own.clear();
  house.clock.advance(7 * day - 1);
  assert.equal(await findKey(house, other, key.keyId), key.publicKey);
  house.clock.advance(1);
  assert.equal(await findKey(house, other, key.keyId), undefined);
});

test("a key that was published too late is not taken", async (t) => {
  const house = await openKeyHouse(t);
  house.keyServers.own.set(other, signServerKeys(other, { keys: [key], validUntil: house.clock.now() }));
  assert.equal(await findKey(house, other, key.keyId), undefined);
});

test("an unknown key id is asked for, but a server at most once in 10 seconds", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  for (let index = 0; index < 20; index++) {
    assert.equal(await findKey(house, other, `ed25519:made_up_${index}`), undefined);
  }
  assert.deepEqual(house.keyServers.asked, [other]);
  publish(house, other, key, next);
  assert.equal(await findKey(house, other, next.keyId), undefined);
  house.clock.advance(10_000);
  assert.equal(await findKey(house, other, next.keyId), next.publicKey);
  assert.deepEqual(house.keyServers.asked, [other, other]);
});

test("after a rotation the old key verifies no request, and stays with the time at which it expired", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  await findKey(house, other, key.keyId);
  house.clock.advance(60_000);
  const expiredAt = house.clock.now() - 30_000;
  const validUntil = house.clock.now() + day;
  house.keyServers.own.set(other, signServerKeys(other, { keys: [next], old: [{ key, expiredAt }], validUntil }));
  assert.equal(await findKey(house, other, next.keyId), next.publicKey);
  assert.equal(await findKey(house, other, key.keyId), undefined);
  const stored = await house.snapshots.ask(({ serverKeys }) => serverKeys.findKey(other, key.keyId));
  assert.deepEqual([stored?.publicKey, stored?.expiredAt], [key.publicKey, expiredAt]);
  const object = await house.snapshots.ask(({ serverKeys }) => serverKeys.findObject(other));
  assert.match(object?.json ?? "", /"expired_ts"/);
});

test("a key that its server publishes no more is taken no more", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  await findKey(house, other, key.keyId);
  house.clock.advance(60_000);
  publish(house, other, next);
  assert.equal(await findKey(house, other, next.keyId), next.publicKey);
  assert.equal(await findKey(house, other, key.keyId), undefined);
  assert.equal((await house.rows("server_keys")).length, 2);
});

test("what its server has not signed, or another server, is not taken", async (t) => {
  const house = await openKeyHouse(t);
  const validUntil = house.clock.now() + day;
  const unsigned = signServerKeys(other, { keys: [key], validUntil, signedBy: [next] });
  const ofAnother = signServerKeys("another.example", { keys: [key], validUntil });
  for (const object of [unsigned, ofAnother, { ...ofAnother, server_name: other }, {}]) {
    house.keyServers.own.set(other, object);
    assert.equal(await findKey(house, other, key.keyId), undefined);
  }
  assert.deepEqual(await house.rows("server_keys"), []);
});

test("nobody is asked for a key of this server, or one that could not be understood", async (t) => {
  const house = await openKeyHouse(t);
  assert.equal(await findKey(house, house.serverName, key.keyId), undefined);
  assert.equal(await findKey(house, other, "rsa:1"), undefined);
  assert.deepEqual(house.keyServers.asked, []);
});

test("a server that makes up keys for ever has 20 of them stored: those in use, and the newest of the others", async (t) => {
  const house = await openKeyHouse(t);
  const keysOf = (round: number) => Array.from({ length: 16 }, (_, at) => seedSigner(`ed25519:k_${round}_${at}`));
  for (let round = 0; round < 4; round++) {
    const keys = keysOf(round);
    publish(house, other, ...keys);
    for (const { keyId, publicKey } of keys) assert.equal(await findKey(house, other, keyId), publicKey);
    house.clock.advance(60_000);
  }
  const stored = (await house.rows("server_keys")).map((row) => (row as { key_id: string }).key_id);
  assert.equal(stored.length, 20);
  assert.deepEqual(stored.filter((id) => id.startsWith("ed25519:k_3_")).length, 16);
  assert.equal(stored.filter((id) => id.startsWith("ed25519:k_2_")).length, 4);
  assert.equal((await house.rows("server_key_objects")).length, 1);
});

test("who may meet nobody makes this server ask none that it knows nothing of", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  const refuse = () => assert.fail("too many");
  await assert.rejects(findVerifyKey(house, other, key.keyId, refuse), /too many/);
  assert.equal(await findVerifyKey(house, other, key.keyId, () => false), undefined);
  assert.deepEqual(house.keyServers.asked, []);
  await findKey(house, other, key.keyId);
  house.clock.advance(2 * day);
  publish(house, other, next);
  assert.equal(await findVerifyKey(house, other, next.keyId, refuse), next.publicKey);
});
