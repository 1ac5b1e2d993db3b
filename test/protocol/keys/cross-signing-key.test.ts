import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { parseCrossSigningKey } from "../../../src/protocol/keys/cross-signing-key.ts";
import { encodeUnpaddedBase64 } from "../../../src/protocol/unpadded-base64.ts";
import { refuses } from "../refusal.ts";

const owner = "@alice:example.org" as UserId;
const publicKey = encodeUnpaddedBase64(Buffer.alloc(32, 7));
const keyId = `ed25519:${publicKey}`;
const master = { user_id: owner, usage: ["master"], keys: { [keyId]: publicKey } };

test("a cross-signing key comes out without unsigned and with its canonical text", () => {
  const parsed = parseCrossSigningKey({ ...master, unsigned: { a: 1 } }, "master", owner);
  assert.deepEqual(parsed, {
    userId: owner,
    usage: "master",
    keyId,
    publicKey,
    json: `{"keys":{"${keyId}":"${publicKey}"},"usage":["master"],"user_id":"${owner}"}`,
    value: master,
    signatures: {},
  });
});

test("signatures are kept in the text and handed out", () => {
  const signatures = { [owner]: { [keyId]: "sig" } };
  const parsed = parseCrossSigningKey({ ...master, usage: ["self_signing"], signatures }, "self_signing", owner);
  assert.deepEqual(parsed.signatures, signatures);
  assert.deepEqual(JSON.parse(parsed.json).signatures, signatures);
});

test("X3: a wrong key is refused with M_INVALID_PARAM, naming the member", () => {
  const other = encodeUnpaddedBase64(Buffer.alloc(32, 8));
  const short = encodeUnpaddedBase64(Buffer.alloc(31));
  const refused: [object, RegExp][] = [
    [{ user_id: "@bob:example.org" }, /^master_key: "user_id" must be @alice:example\.org$/],
    [{ user_id: undefined }, /"user_id"/],
    [{ usage: ["self_signing"] }, /^master_key: "usage" must be an array of strings with "master"$/],
    [{ usage: "master" }, /"usage"/],
    [{ usage: [] }, /"usage"/],
    [{ usage: ["master", 1] }, /"usage"/],
    [{ keys: undefined }, /exactly one key/],
    [{ keys: {} }, /exactly one key/],
    [{ keys: { [keyId]: publicKey, [`ed25519:${other}`]: other } }, /exactly one key/],
    [{ keys: { [keyId]: other } }, /must name its key/],
    [{ keys: { [`curve25519:${publicKey}`]: publicKey } }, /must name its key/],
    [{ keys: { [`ed25519:${short}`]: short } }, /base64 of 32 bytes/],
    [{ keys: { [`${keyId}=`]: `${publicKey}=` } }, /base64 of 32 bytes/],
    [{ keys: { [keyId]: 1 } }, /base64 of 32 bytes/],
    [{ signatures: null }, /^master_key: "signatures" must be an object$/],
    [{ signatures: { [owner]: { [keyId]: 1 } } }, /^master_key: the signature by /],
  ];
  for (const [change, message] of refused) {
    refuses(() => parseCrossSigningKey({ ...master, ...change }, "master", owner), "M_INVALID_PARAM", message);
  }
});

test("X3: what is not an object, or not canonical JSON, is M_BAD_JSON", () => {
  for (const value of [null, undefined, "key", [master]]) {
    refuses(
      () => parseCrossSigningKey(value, "user_signing", owner),
      "M_BAD_JSON",
      "user_signing_key must be an object",
    );
  }
  refuses(
    () => parseCrossSigningKey({ ...master, x: 0.5 }, "master", owner),
    "M_BAD_JSON",
    "master_key.x is not an integer",
  );
});
