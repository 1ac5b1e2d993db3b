import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../src/protocol/json.ts";
import {
  signatureOf,
  signingBytes,
  signJson,
  verifySignature,
  verifySignatureText,
} from "../../src/protocol/signed-json.ts";
import { encodeUnpaddedBase64 } from "../../src/protocol/unpadded-base64.ts";
import { canonicalValues } from "./arbitrary-json.ts";
import { seedSigner, specSeed } from "./federation/seed-signer.ts";

// https://spec.matrix.org/v1.19/appendices/#cryptographic-test-vectors: the public half of the seed given there.
const specKey = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";
const ofEmpty = "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ";
const ofData = "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw";

function signedBy(signature: string, object: JsonObject = {}): JsonObject {
  return { ...object, signatures: { domain: { "ed25519:1": signature } } };
}

test("the specification's signed objects verify", () => {
  assert.ok(verifySignature(signedBy(ofEmpty), "domain", "ed25519:1", specKey));
  assert.ok(verifySignature(signedBy(ofData, { one: 1, two: "Two" }), "domain", "ed25519:1", specKey));
});

const specSigner = seedSigner("ed25519:1", specSeed);

test("the specification's objects are signed as it says", () => {
  assert.equal(specSigner.publicKey, specKey);
  assert.deepEqual(signJson({}, "domain", specSigner), signedBy(ofEmpty));
  assert.deepEqual(signJson({ one: 1, two: "Two" }, "domain", specSigner), signedBy(ofData, { one: 1, two: "Two" }));
});

/** Signs an event that is redacted already: its hash is over all of it, its signature over what redaction leaves. */
function signEvent(event: JsonObject, redacted: JsonObject): JsonObject {
  const { hashes: _, ...hashed } = event;
  const sha256 = createHash("sha256").update(signingBytes(hashed)).digest("base64").replace(/=+$/, "");
  return signJson({ ...redacted, hashes: { sha256 } }, "domain", specSigner);
}

test("the specification's events are signed as it says", () => {
  const minimal = {
    ...{ room_id: "!x:domain", sender: "@a:domain", origin: "domain", origin_server_ts: 1000000, signatures: {} },
    ...{ hashes: {}, type: "X", content: {}, prev_events: [], auth_events: [], depth: 3 },
    unsigned: { age_ts: 1000000 },
  };
  const signed = signEvent(minimal, minimal);
  assert.deepEqual(signed["hashes"], { sha256: "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos" });
  assert.equal(
    signatureOf(signed, "domain", "ed25519:1"),
    "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg",
  );
  const message = {
    ...{ content: { body: "Here is the message content" }, event_id: "$0:domain", origin: "domain" },
    ...{ origin_server_ts: 1000000, type: "m.room.message", room_id: "!r:domain", sender: "@u:domain" },
    ...{ signatures: {}, unsigned: { age_ts: 1000000 } },
  };
  const signedMessage = signEvent(message, { ...message, content: {} });
  assert.deepEqual(signedMessage["hashes"], { sha256: "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g" });
  assert.equal(
    signatureOf(signedMessage, "domain", "ed25519:1"),
    "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA",
  );
});

test("a signature comes beside those that are there, and what is given stays as it is", () => {
  const given = { a: 1, unsigned: { b: 2 }, signatures: { other: { "ed25519:x": "X" }, domain: { "ed25519:0": "0" } } };
  const before = structuredClone(given);
  const signed = signJson(given, "domain", specSigner);
  assert.deepEqual(given, before);
  assert.deepEqual(signed, {
    ...given,
    signatures: {
      other: { "ed25519:x": "X" },
      domain: { "ed25519:0": "0", "ed25519:1": specSigner.sign(Buffer.from('{"a":1}')) },
    },
  });
  for (const signatures of [null, [], "x", { domain: 1 }] as JsonObject[]) {
    assert.ok(verifySignature(signJson({ signatures }, "domain", specSigner), "domain", "ed25519:1", specKey));
  }
});

test("signatures and unsigned are not signed, everything else is", () => {
  const object = signedBy(ofData, { two: "Two", one: 1, unsigned: { age: 0.5 } });
  assert.equal(signingBytes(object).toString(), '{"one":1,"two":"Two"}');
  assert.ok(verifySignature(object, "domain", "ed25519:1", specKey));
  assert.equal(verifySignature({ ...object, three: 3 }, "domain", "ed25519:1", specKey), false);
});

test("a signature is found by signer and key id alone, not by inherited names", () => {
  assert.equal(signatureOf(signedBy("x"), "domain", "ed25519:1"), "x");
  assert.equal(signatureOf(signedBy("x"), "domain", "ed25519:2"), undefined);
  for (const name of ["constructor", "__proto__", "toString"]) {
    assert.equal(signatureOf(signedBy("x"), name, "name"), undefined);
    assert.equal(signatureOf(signedBy("x"), "domain", name), undefined);
  }
  const member = JSON.parse('{"signatures":{"__proto__":{"__proto__":"x"}}}');
  assert.equal(signatureOf(member, "__proto__", "__proto__"), "x");
});

test("E2: whatever is malformed does not verify and does not throw", () => {
  const verifies = (object: unknown, key = specKey) =>
    verifySignature(object as JsonObject, "domain", "ed25519:1", key);
  for (const signatures of [undefined, null, [], "x", { domain: null }, { domain: { "ed25519:1": 1 } }]) {
    assert.equal(verifies({ signatures }), false);
  }
  for (const signature of ["", "!", `${ofEmpty}==`, ofEmpty.slice(1), ofData]) {
    assert.equal(verifies(signedBy(signature)), false);
  }
  for (const key of ["", "!", `${specKey}=`, specKey.slice(2), "A".repeat(43), "/".repeat(43)]) {
    assert.equal(verifies(signedBy(ofEmpty), key), false);
  }
  assert.equal(verifies(signedBy(ofEmpty, { a: 0.5 })), false);
  assert.equal(verifies(signedBy(ofEmpty, { a: "\ud800" })), false);
});

test("what is signed verifies with its own key and with no other", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const own = encodeUnpaddedBase64(publicKey.export({ format: "der", type: "spki" }).subarray(12));
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), canonicalValues), (object) => {
      const bytes = signingBytes(object);
      const signature = encodeUnpaddedBase64(sign(null, bytes, privateKey));
      assert.ok(verifySignatureText(bytes, signature, own));
      assert.equal(verifySignatureText(bytes, signature, specKey), false);
      assert.equal(verifySignatureText(Buffer.concat([bytes, Buffer.from(" ")]), signature, own), false);
      assert.ok(verifySignature({ ...object, ...signedBy(signature) }, "domain", "ed25519:1", own));
    }),
    { numRuns: 50 },
  );
});
