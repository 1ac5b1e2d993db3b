import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { digestOfPublicKey, parseFallbackKeys, parseOneTimeKeys } from "../../../src/protocol/keys/one-time-key.ts";
import { MatrixError } from "../../../src/protocol/matrix-error.ts";
import { canonicalValues } from "../arbitrary-json.ts";
import { refuses } from "../refusal.ts";

const signed = { signatures: { "@a:b": { "ed25519:D": "sig" } }, key: "PUB" };

test("a signed key and an unsigned key come out with their canonical text", () => {
  const keys = parseOneTimeKeys("one_time_keys", { "signed_curve25519:AAAA": signed, "curve25519:AAAB": "OLD" });
  assert.deepEqual(keys, [
    {
      keyId: "signed_curve25519:AAAA",
      algorithm: "signed_curve25519",
      publicKey: "PUB",
      digest: digestOfPublicKey("signed_curve25519", "PUB"),
      json: '{"key":"PUB","signatures":{"@a:b":{"ed25519:D":"sig"}}}',
      value: signed,
    },
    {
      keyId: "curve25519:AAAB",
      algorithm: "curve25519",
      publicKey: "OLD",
      digest: digestOfPublicKey("curve25519", "OLD"),
      json: '"OLD"',
      value: "OLD",
    },
  ]);
});

test("an absent member gives no keys, and an empty one neither", () => {
  assert.deepEqual(parseOneTimeKeys("one_time_keys", undefined), []);
  assert.deepEqual(parseOneTimeKeys("one_time_keys", {}), []);
  assert.deepEqual(parseFallbackKeys("fallback_keys", undefined), []);
});

test("K2: wrong shapes are refused, naming the member", () => {
  const refused: [unknown, string][] = [
    [null, "one_time_keys must be an object"],
    [[], "one_time_keys must be an object"],
    [{ AAAA: signed }, 'one_time_keys: AAAA: a key ID must be "algorithm:id"'],
    [{ "a:b:c": signed }, 'one_time_keys: a:b:c: a key ID must be "algorithm:id"'],
    [{ "a:b": null }, "one_time_keys: a:b: the key must be a string or an object"],
    [{ "a:b": [signed] }, "one_time_keys: a:b: the key must be a string or an object"],
    [{ "a:b": { signatures: {} } }, 'one_time_keys: a:b: "key" must be a string'],
    [{ "a:b": { key: "PUB" } }, 'one_time_keys: a:b: "signatures" must be an object'],
    [{ "a:b": { key: "PUB", signatures: { u: 1 } } }, 'one_time_keys: a:b: "signatures" of u must be an object'],
    [{ "a:b": { key: "PUB", signatures: { u: { k: 1 } } } }, "one_time_keys: a:b: the signature by k must be a string"],
    [{ "a:b": { ...signed, extra: 1.5 } }, "one_time_keys: a:b.extra is not an integer"],
    [{ "a:b": "\ud800" }, "one_time_keys: a:b has a lone surrogate"],
    [{ "a:b": "\0" }, "one_time_keys: a:b: the public key must not contain NUL"],
  ];
  for (const [value, message] of refused) {
    refuses(() => parseOneTimeKeys("one_time_keys", value), "M_BAD_JSON", message);
  }
});

test("K2: a key that only looks wrong is taken", () => {
  assert.equal(parseOneTimeKeys("one_time_keys", { "x:y": { key: "no base64!", signatures: {} } }).length, 1);
});

test("K5: the digest is half of SHA-256 over algorithm and public key, and of nothing else", () => {
  const expected = createHash("sha256").update("signed_curve25519\0PUB").digest().subarray(0, 16);
  assert.deepEqual(digestOfPublicKey("signed_curve25519", "PUB"), expected);
  const [one, other] = parseOneTimeKeys("one_time_keys", { "a:1": signed, "a:2": { key: "PUB", signatures: {} } });
  assert.deepEqual(one?.digest, other?.digest);
  assert.notDeepEqual(digestOfPublicKey("a", "PUB"), digestOfPublicKey("b", "PUB"));
});

test("K7: fallback keys keep their mark, and one algorithm has one key", () => {
  const [key] = parseFallbackKeys("fallback_keys", { "signed_curve25519:F": { ...signed, fallback: true } });
  assert.equal(key?.json, '{"fallback":true,"key":"PUB","signatures":{"@a:b":{"ed25519:D":"sig"}}}');
  assert.equal(parseFallbackKeys("fallback_keys", { "a:F": signed, "b:F": signed }).length, 2);
  refuses(
    () => parseFallbackKeys("fallback_keys", { "a:F": signed, "b:F": signed, "a:G": signed }),
    "M_BAD_JSON",
    "fallback_keys: more than one key of the algorithm a",
  );
});

test("E2: any JSON is parsed or refused with M_BAD_JSON", () => {
  const entries = fc.dictionary(fc.constantFrom("a:b", "a:c", "__proto__", ""), canonicalValues);
  fc.assert(
    fc.property(fc.oneof(canonicalValues, entries), (value) => {
      try {
        parseFallbackKeys("fallback_keys", value);
      } catch (error) {
        assert.ok(error instanceof MatrixError && error.errcode === "M_BAD_JSON");
      }
    }),
  );
});
