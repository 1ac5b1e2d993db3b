import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RemoteAnswer } from "../../src/domain/federation-out/remote-answer.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { cachedKeys, carol, dave, down, remote, track } from "../domain/key-directory/federated-house.ts";
import { serveFederatedHouse } from "../domain/key-directory/serve-federated-house.ts";
import { CrossSigningKeys, KeyedDevice, signed } from "../support/signed-keys.ts";

/** Bob, with cross-signing keys, and carol of another server, with cross-signing keys and a device. */
async function bobAndCarol(t: TestContext) {
  const { house, bob, newClient } = await serveFederatedHouse(t);
  const bobs = new CrossSigningKeys(bob.userId);
  await bob.upload({ device_keys: bob.keys.deviceKeys() });
  await bob.post("/keys/device_signing/upload", bobs.body());
  const carols = new CrossSigningKeys(carol);
  const phone = new KeyedDevice({ userId: carol, deviceId: "PHONE" });
  const answer = (master: JsonObject): RemoteAnswer => ({
    body: {
      device_keys: { [carol]: { PHONE: phone.deviceKeys() } },
      master_keys: { [carol]: master },
      self_signing_keys: { [carol]: carols.body().self_signing_key },
    },
  });
  house.remoteServers.query = () => answer(carols.masterKey());
  /** The object with bob's signature by his user-signing key. */
  const verified = (object: JsonObject, by = bobs.userSigning) =>
    signed(object, bob.userId, `ed25519:${bobs.userSigning.publicKey}`, by);
  /** What it fails with: carol's part of the failures, by key; `undefined` for none. */
  const upload = async (key: string, object: JsonObject) => {
    const { status, body } = await bob.post("/keys/signatures/upload", { [carol]: { [key]: object } });
    assert.equal(status, 200);
    return body.failures[carol]?.[key];
  };
  const seen = async (): Promise<JsonObject> => (await bob.query(carol)).master_keys[carol]?.signatures;
  return { house, bob, newClient, bobs, carols, phone, answer, verified, upload, seen };
}

test("X5, X6: another server's master key is signed as it is fetched, and the signer sees its signature from then on", async (t) => {
  const { house, bob, carols, verified, upload, seen } = await bobAndCarol(t);
  const { next_batch } = await bob.sync();
  const object = verified(carols.masterKey());
  assert.equal(await upload(carols.master.publicKey, object), undefined);
  assert.deepEqual(house.remoteServers.queries, [{ server: remote, timeout: 10_000, body: { [carol]: [] } }]);
  assert.deepEqual(await seen(), object["signatures"]);
  assert.deepEqual((await bob.sync(next_batch)).device_lists.changed, [carol]);
  assert.equal(await upload(carols.master.publicKey, object), undefined, "again");
});

test("Q3: nobody but the signer sees it", async (t) => {
  const { carols, verified, upload, newClient } = await bobAndCarol(t);
  assert.equal(await upload(carols.master.publicKey, verified(carols.masterKey())), undefined);
  const alice = await newClient("alice");
  assert.deepEqual((await alice.query(carol)).master_keys, { [carol]: carols.masterKey() });
});

test("X5: where carol's list is known to be fresh, the cached master key is compared, without a request", async (t) => {
  const { house, carols, phone, verified, upload, seen } = await bobAndCarol(t);
  await track(house, carol, cachedKeys([phone], carols));
  const object = verified(carols.masterKey());
  assert.equal(await upload(carols.master.publicKey, object), undefined);
  assert.deepEqual(await seen(), object["signatures"]);
  assert.deepEqual(house.remoteServers.queries, []);
});

test("X5: what differs, is unknown, is of another kind or is badly signed fails", async (t) => {
  const { bobs, carols, phone, verified, upload, seen } = await bobAndCarol(t);
  const { publicKey } = carols.master;
  const codeOf = async (key: string, object: JsonObject) => (await upload(key, object))?.errcode;
  assert.equal(await codeOf(publicKey, verified({ ...carols.masterKey(), "org.example": 1 })), "M_UNKNOWN");
  assert.equal(await codeOf(publicKey, carols.masterKey()), "M_INVALID_SIGNATURE", "without a signature");
  assert.equal(await codeOf(publicKey, verified(carols.masterKey(), bobs.selfSigning)), "M_INVALID_SIGNATURE");
  const selfSigning = carols.body().self_signing_key;
  assert.equal(await codeOf(carols.selfSigning.publicKey, verified(selfSigning)), "M_INVALID_SIGNATURE");
  assert.equal(await codeOf("PHONE", verified(phone.deviceKeys())), "M_INVALID_SIGNATURE");
  const unknown = new CrossSigningKeys(carol);
  assert.equal(await codeOf(unknown.master.publicKey, verified(unknown.masterKey())), "M_NOT_FOUND");
  assert.equal(await codeOf("UNHEARD", verified(phone.deviceKeys())), "M_NOT_FOUND");
  assert.equal(await seen(), undefined);
});

test("X5: a server that does not answer fails its own users' keys, whatever is cached of them, and nobody else's", async (t) => {
  const { house, bob, bobs, carols, phone, verified, upload } = await bobAndCarol(t);
  await track(house, carol, cachedKeys([phone], carols), { isFresh: false });
  house.remoteServers.query = () => down;
  const failure = await upload(carols.master.publicKey, verified(carols.masterKey()));
  assert.deepEqual([failure.status, failure.errcode], [404, "M_NOT_FOUND"]);
  assert.match(failure.error, /its owner's server does not give it: It cannot be reached$/);
  const keyId = `ed25519:${bobs.selfSigning.publicKey}`;
  const own = signed(bob.keys.deviceKeys(), bob.userId, keyId, bobs.selfSigning);
  const answer = await bob.post("/keys/signatures/upload", {
    [dave]: { X: verified({}) },
    [bob.userId]: { [bob.deviceId]: own },
  });
  assert.deepEqual(Object.keys(answer.body.failures), [dave]);
  const { device_keys } = await bob.query(bob.userId);
  assert.deepEqual(device_keys[bob.userId][bob.deviceId].signatures, own.signatures);
});

test("X5: a signature is on the key that was signed: on another master key of the same user it is not shown", async (t) => {
  const { house, carols, answer, verified, upload, seen } = await bobAndCarol(t);
  assert.equal(await upload(carols.master.publicKey, verified(carols.masterKey())), undefined);
  house.remoteServers.query = () => answer(new CrossSigningKeys(carol).masterKey());
  assert.equal(await seen(), undefined);
  house.remoteServers.query = () => answer(carols.masterKey());
  assert.notEqual(await seen(), undefined);
});
