import assert from "node:assert/strict";
import { test } from "node:test";
import { notarizeKeys, type WantedKeys } from "../../../src/domain/federation-out/notarize-keys.ts";
import { ensureOwnKey } from "../../../src/domain/federation-out/own-keys.ts";
import { publishServerKeys } from "../../../src/domain/federation-out/publish-server-keys.ts";
import { canonicalJson } from "../../../src/protocol/canonical-json.ts";
import { parseServerKeys } from "../../../src/protocol/federation/server-keys-object.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { verifySignature } from "../../../src/protocol/signed-json.ts";
import { seedSigner } from "../../protocol/federation/seed-signer.ts";
import { refusal } from "../refusal.ts";
import { day, type KeyHouse, openKeyHouse, other, publish } from "./key-house.ts";

const key = seedSigner("ed25519:a_1");
const next = seedSigner("ed25519:a_2");
const anybody = () => true;

/** The key ids in use in each object that the notary gives; all are signed by it and by their server. */
async function vouchedFor(house: KeyHouse, minimumValidUntil = 0, ...keyIds: string[]): Promise<string[][]> {
  const wanted = new Map([[other, { keyIds: new Set(keyIds), minimumValidUntil }]]);
  return (await notarizeKeys(house, wanted, anybody)).map((text) => {
    const object = JSON.parse(text) as JsonObject;
    assert.equal(text, canonicalJson(object));
    assert.ok(verifySignature(object, house.serverName, house.signingKey.keyId, house.signingKey.publicKey));
    return parseServerKeys(object, other)?.verifyKeys.map(({ keyId }) => keyId) ?? assert.fail();
  });
}

test("a server's keys are fetched once, and signed by both", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  assert.deepEqual(await vouchedFor(house), [[key.keyId]]);
  house.clock.advance(day / 2);
  assert.deepEqual(await vouchedFor(house, house.clock.now() + 1000, key.keyId), [[key.keyId]]);
  assert.deepEqual(house.keyServers.asked, [other]);
});

test("keys are fetched anew after half of their time, where they must be valid for longer, and where they are unknown", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  await vouchedFor(house);
  house.clock.advance(day / 2 + 1);
  publish(house, other, key);
  await vouchedFor(house);
  assert.equal(house.keyServers.asked.length, 2);
  house.clock.advance(60_000);
  await vouchedFor(house, house.clock.now() + day);
  assert.equal(house.keyServers.asked.length, 3);
  house.clock.advance(60_000);
  publish(house, other, key, next);
  assert.deepEqual(await vouchedFor(house, 0, next.keyId), [[key.keyId, next.keyId]]);
  assert.equal(house.keyServers.asked.length, 4);
});

test("of a server that does not answer the last known keys are given, also when they have expired", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  await vouchedFor(house);
  house.keyServers.own.clear();
  house.clock.advance(100 * day);
  assert.deepEqual(await vouchedFor(house, house.clock.now()), [[key.keyId]]);
  assert.equal(house.keyServers.asked.length, 2);
});

test("who asks for a key that its server has dropped is given what the server says now", async (t) => {
  const house = await openKeyHouse(t);
  publish(house, other, key);
  await vouchedFor(house);
  house.clock.advance(day);
  publish(house, other, next);
  assert.deepEqual(await vouchedFor(house), [[next.keyId]]);
  assert.deepEqual(await vouchedFor(house, 0, key.keyId), [[next.keyId]]);
  assert.equal(house.keyServers.asked.length, 2);
});

test("servers that it may not get to know are missing, and those that it knows are not", async (t) => {
  const house = await openKeyHouse(t);
  const strangers = ["one.example", "two.example", "three.example"] as ServerName[];
  for (const server of [other, ...strangers]) publish(house, server, key);
  await vouchedFor(house);
  house.clock.advance(day);
  publish(house, other, next);
  const all = { keyIds: new Set<string>(), minimumValidUntil: 0 };
  let left = 2;
  const objects = await notarizeKeys(
    house,
    new Map([...strangers, other].map((name) => [name, all])),
    () => left-- > 0,
  );
  const servers = objects.map((text) => (JSON.parse(text) as JsonObject)["server_name"]);
  assert.deepEqual(servers, ["one.example", "two.example", other]);
  assert.deepEqual(house.keyServers.purposes, ["notary"]);
});

test("servers of which nothing is to be had are missing, and this server's own keys are among the others", async (t) => {
  const house = await openKeyHouse(t);
  await ensureOwnKey(house);
  publish(house, other, key);
  const all = { keyIds: new Set<string>(), minimumValidUntil: 0 };
  const silent = "silent.example" as ServerName;
  const objects = await notarizeKeys(
    house,
    new Map([silent, house.serverName, other].map((name) => [name, all])),
    anybody,
  );
  assert.equal(objects.length, 2);
  assert.equal(objects[0], await publishServerKeys(house));
  assert.equal((JSON.parse(objects[1] ?? "") as JsonObject)["server_name"], other);
  assert.deepEqual(await notarizeKeys(house, new Map(), anybody), []);
});

test("E2: more than 100 servers are refused before anybody is asked", async (t) => {
  const house = await openKeyHouse(t);
  const all = { keyIds: new Set<string>(), minimumValidUntil: 0 };
  const servers = Array.from({ length: 101 }, (_, index) => `server${index}.example` as ServerName);
  const { errcode } = await refusal(notarizeKeys(house, new Map(servers.map((name) => [name, all])), anybody));
  assert.equal(errcode, "M_TOO_LARGE");
  assert.deepEqual(house.keyServers.asked, []);
});

test("E2: more than 200 keys are refused before anybody is asked", async (t) => {
  const house = await openKeyHouse(t);
  const keyIds = new Set(Array.from({ length: 101 }, (_, index) => `ed25519:${index}`));
  const wanted = ["one.example", "two.example"].map((name): [ServerName, WantedKeys] => [
    name as ServerName,
    { keyIds, minimumValidUntil: 0 },
  ]);
  const { errcode } = await refusal(notarizeKeys(house, new Map(wanted), anybody));
  assert.equal(errcode, "M_TOO_LARGE");
  assert.deepEqual(house.keyServers.asked, []);
});
