import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseServerKeys } from "../../../src/protocol/federation/server-keys-object.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/protocol/json.ts";
import { signJson } from "../../../src/protocol/signed-json.ts";
import { seedSigner } from "./seed-signer.ts";
import { signServerKeys } from "./sign-server-keys.ts";

const server = "other.example" as ServerName;
const validUntil = 1_800_000_000_000;
const key = seedSigner("ed25519:a_1");
const second = seedSigner("ed25519:a_2");
const retired = seedSigner("ed25519:a_0");
const good = signServerKeys(server, { keys: [key], old: [{ key: retired, expiredAt: 1000 }], validUntil });

const named = ({ keyId, publicKey }: typeof key) => ({ keyId, publicKey });

/** Signs it anew after a change. */
function changed(members: JsonObject, signers = [key]): JsonObject {
  const object: JsonObject = { ...good, ...members, signatures: {} };
  return signers.reduce((signed, signer) => signJson(signed, server, signer), object);
}

test("keys in use, old keys and the time are read", () => {
  const { json, ...read } = parseServerKeys(good, server) ?? assert.fail();
  assert.deepEqual(read, {
    verifyKeys: [named(key)],
    oldVerifyKeys: [{ ...named(retired), expiredAt: 1000 }],
    validUntil,
  });
  assert.deepEqual(JSON.parse(json), good);
});

test("old keys may be missing, and a server may have further members", () => {
  const { old_verify_keys: _, signatures: __, ...without } = good;
  const object = signJson({ ...without, "org.example": { a: 1 }, unsigned: { b: 1.5 } }, server, key);
  const read = parseServerKeys(object, server);
  assert.deepEqual(read?.oldVerifyKeys, []);
  const { unsigned: ___, ...kept } = object;
  assert.deepEqual(JSON.parse(read?.json ?? ""), kept);
});

test("of the keys in use those are taken that have signed the object, and their signatures alone are kept", () => {
  const object = signServerKeys(server, { keys: [key, second], validUntil, signedBy: [key, retired] });
  const signed = signJson(object, "notary.example", seedSigner("ed25519:n"));
  const read = parseServerKeys(signed, server);
  assert.deepEqual(read?.verifyKeys, [named(key)]);
  const { signatures } = JSON.parse(read?.json ?? "") as { signatures: Record<string, object> };
  assert.deepEqual([Object.keys(signatures), Object.keys(signatures[server] ?? {})], [[server], [key.keyId]]);
});

test("a key that is in use and old at once is old", () => {
  const object = signServerKeys(server, { keys: [key, second], old: [{ key: second, expiredAt: 5 }], validUntil });
  const read = parseServerKeys(object, server);
  assert.deepEqual([read?.verifyKeys, read?.oldVerifyKeys], [[named(key)], [{ ...named(second), expiredAt: 5 }]]);
  const onlyOld = signServerKeys(server, { keys: [key], old: [{ key, expiredAt: 5 }], validUntil });
  assert.equal(parseServerKeys(onlyOld, server), undefined);
});

test("keys that cannot be understood are left out", () => {
  const short = Buffer.alloc(31).toString("base64").replace(/=/g, "");
  const strange = {
    "rsa:1": { key: key.publicKey },
    "ed25519:x.y": { key: key.publicKey },
    "ed25519:s": { key: short },
  };
  const object = changed({
    verify_keys: { ...(good["verify_keys"] as JsonObject), ...strange },
    old_verify_keys: { "ed25519:s": { key: short, expired_ts: 1 } },
  });
  const read = parseServerKeys(object, server);
  assert.deepEqual([read?.verifyKeys, read?.oldVerifyKeys], [[named(key)], []]);
});

const keysNamed = (count: number) => Array.from({ length: count }, (_, index) => seedSigner(`ed25519:k${index}`));

const refused: [string, JsonValue | undefined][] = [
  ["nothing", undefined],
  ["a list", [good]],
  ["the keys of another server", signServerKeys("another.example", { keys: [key], validUntil })],
  ["no signatures", { ...good, signatures: {} }],
  [
    "signatures of another server",
    { ...good, signatures: { "another.example": (good["signatures"] as JsonObject)[server]! } },
  ],
  ["a signature by an old key alone", signServerKeys(server, { keys: [key], validUntil, signedBy: [retired] })],
  ["a signature over something else", { ...good, valid_until_ts: validUntil + 1 }],
  ["a time that is no whole number", changed({ valid_until_ts: "1800000000000" })],
  ["a time before 1970", changed({ valid_until_ts: -1 })],
  ["no keys in use", changed({ verify_keys: {} })],
  ["keys that are a list", changed({ verify_keys: [] })],
  ["a key that is a text", changed({ verify_keys: { [key.keyId]: key.publicKey } })],
  ["an old key without a time", changed({ old_verify_keys: { [retired.keyId]: { key: retired.publicKey } } })],
  ["a fraction, which has no canonical JSON", { ...good, a: 0.5 }],
  ["more keys in use than 16", signServerKeys(server, { keys: keysNamed(17), validUntil })],
  ["an object of more than 32 KiB", changed({ padding: "x".repeat(33_000) })],
];

for (const [what, object] of refused) {
  test(`refused: ${what}`, () => assert.equal(parseServerKeys(object, server), undefined));
}

test("of more than 16 old keys those are taken that expired last", () => {
  const old = keysNamed(20).map((one, index) => ({ key: one, expiredAt: 1000 + index }));
  const read = parseServerKeys(signServerKeys(server, { keys: [key], old, validUntil }), server);
  assert.deepEqual(
    read?.oldVerifyKeys.map(({ expiredAt }) => expiredAt),
    Array.from({ length: 16 }, (_, index) => 1019 - index),
  );
});

test("E2: no object makes it throw", () => {
  const names = [
    "server_name",
    "verify_keys",
    "old_verify_keys",
    "valid_until_ts",
    "signatures",
    "unsigned",
    "__proto__",
  ];
  const changes = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
  fc.assert(
    fc.property(changes, fc.jsonValue(), (change, value) => {
      parseServerKeys(value as JsonValue, server);
      const object: JsonValue = { ...good, ...(change as JsonObject) };
      if (isJsonObject(object)) parseServerKeys(object, server);
    }),
  );
});
