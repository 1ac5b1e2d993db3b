import assert from "node:assert/strict";
import { test } from "node:test";
import { addOwnKey, ensureOwnKey, SigningKeyRefusedError } from "../../../src/domain/federation-out/own-keys.ts";
import { publishServerKeys } from "../../../src/domain/federation-out/publish-server-keys.ts";
import { canonicalJson } from "../../../src/protocol/canonical-json.ts";
import { parseServerKeys } from "../../../src/protocol/federation/server-keys-object.ts";
import { seedSigner } from "../../protocol/federation/seed-signer.ts";
import { day, type KeyHouse, openKeyHouse } from "./key-house.ts";

const first = seedSigner("ed25519:a_first");
const second = seedSigner("ed25519:a_second");

const signingWith = (house: KeyHouse, signingKey: typeof first) => ({ ...house, signingKey });

async function published(house: KeyHouse) {
  const text = await publishServerKeys(house);
  assert.equal(text, canonicalJson(JSON.parse(text)));
  const { json: _, ...read } = parseServerKeys(JSON.parse(text), house.serverName) ?? assert.fail();
  return read;
}

test("the first start takes the key that it finds, and later ones change nothing", async (t) => {
  const house = signingWith(await openKeyHouse(t), first);
  await ensureOwnKey(house);
  const rows = await house.rows("signing_keys");
  assert.equal(rows.length, 1);
  house.clock.advance(1000);
  await ensureOwnKey(house);
  assert.deepEqual(await house.rows("signing_keys"), rows);
  assert.deepEqual(await published(house), {
    verifyKeys: [{ keyId: first.keyId, publicKey: first.publicKey }],
    oldVerifyKeys: [],
    validUntil: house.clock.now() + day,
  });
});

test("after a rotation the old key is published until it is known when it expired: at the start with the new one", async (t) => {
  const opened = await openKeyHouse(t);
  await ensureOwnKey(signingWith(opened, first));
  opened.clock.advance(day);
  await addOwnKey(opened, second);
  // The processes that still run go on with the old one.
  assert.deepEqual((await published(signingWith(opened, first))).oldVerifyKeys, []);
  opened.clock.advance(1000);
  const expiredAt = opened.clock.now();
  await ensureOwnKey(signingWith(opened, second));
  opened.clock.advance(1000);
  await ensureOwnKey(signingWith(opened, second));
  const { verifyKeys, oldVerifyKeys } = await published(signingWith(opened, second));
  assert.deepEqual(verifyKeys, [{ keyId: second.keyId, publicKey: second.publicKey }]);
  assert.deepEqual(oldVerifyKeys, [{ keyId: first.keyId, publicKey: first.publicKey, expiredAt }]);
});

test("a process that signs with an older or unknown key is refused in one line that names both and the ways out", async (t) => {
  const house = await openKeyHouse(t);
  await ensureOwnKey(signingWith(house, first));
  const unknown = seedSigner("ed25519:a_unknown");
  const sameName = seedSigner(first.keyId);
  const refuses = async (signingKey: typeof first, newest: typeof first) => {
    await assert.rejects(ensureOwnKey(signingWith(house, signingKey)), (error: Error) => {
      assert.ok(error instanceof SigningKeyRefusedError);
      for (const { keyId, publicKey } of [signingKey, newest]) {
        assert.ok(error.message.includes(`${keyId} (public key ${publicKey})`), error.message);
      }
      assert.match(error.message, /copy .* into every data_dir.*`claviger rotate-signing-key`[^\n]*$/);
      return true;
    });
  };
  await refuses(unknown, first);
  await refuses(sameName, first);
  await addOwnKey(house, second);
  await refuses(first, second);
  await ensureOwnKey(signingWith(house, second));
});

test("a new key comes behind the others though the clock was set back, and no two have one id", async (t) => {
  const house = await openKeyHouse(t);
  await ensureOwnKey(signingWith(house, first));
  house.clock.advance(-day);
  await addOwnKey(house, second);
  await ensureOwnKey(signingWith(house, second));
  await assert.rejects(addOwnKey(house, seedSigner(first.keyId)), SigningKeyRefusedError);
});
