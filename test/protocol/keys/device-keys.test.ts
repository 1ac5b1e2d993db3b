import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDeviceKeys } from "../../../src/protocol/keys/device-keys.ts";
import { MatrixError } from "../../../src/protocol/matrix-error.ts";
import { canonicalValues } from "../arbitrary-json.ts";
import { refuses } from "../refusal.ts";

const alice = {
  user_id: "@alice:example.org",
  device_id: "DEV",
  algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
  keys: { "ed25519:DEV": "ED", "curve25519:DEV": "CURVE" },
  signatures: { "@alice:example.org": { "ed25519:DEV": "sig" } },
};

test("device keys come out with their identity keys and canonical text", () => {
  const parsed = parseDeviceKeys({ ...alice, dehydrated: true });
  assert.equal(parsed.userId, alice.user_id);
  assert.equal(parsed.deviceId, "DEV");
  assert.deepEqual(parsed.algorithms, alice.algorithms);
  assert.deepEqual(parsed.keys, alice.keys);
  assert.deepEqual(parsed.signatures, alice.signatures);
  assert.equal(parsed.ed25519, "ED");
  assert.equal(parsed.curve25519, "CURVE");
  assert.equal(
    parsed.json,
    '{"algorithms":["m.olm.v1.curve25519-aes-sha2","m.megolm.v1.aes-sha2"],"dehydrated":true,"device_id":"DEV",' +
      '"keys":{"curve25519:DEV":"CURVE","ed25519:DEV":"ED"},' +
      '"signatures":{"@alice:example.org":{"ed25519:DEV":"sig"}},"user_id":"@alice:example.org"}',
  );
});

test("Q2: an uploaded unsigned is dropped, whatever it holds", () => {
  const parsed = parseDeviceKeys({ ...alice, unsigned: { device_display_name: 0.5 } });
  assert.equal(parsed.json, parseDeviceKeys(alice).json);
});

test("keys of another device are no identity keys", () => {
  const parsed = parseDeviceKeys({ ...alice, keys: { "ed25519:OTHER": "ED" } });
  assert.equal(parsed.ed25519, undefined);
  assert.equal(parsed.curve25519, undefined);
});

test("K2: every member is required", () => {
  for (const member of Object.keys(alice)) {
    const partial = Object.fromEntries(Object.entries(alice).filter(([name]) => name !== member));
    refuses(() => parseDeviceKeys(partial), "M_BAD_JSON", new RegExp(`^device_keys: "${member}" must be `));
  }
});

test("K2: wrong shapes are refused, naming the member", () => {
  const refused: [unknown, string][] = [
    [null, "device_keys must be an object"],
    [[alice], "device_keys must be an object"],
    [{ ...alice, user_id: "alice" }, 'device_keys: "user_id" must be a user ID'],
    [{ ...alice, device_id: "" }, 'device_keys: "device_id" must be a device ID'],
    [{ ...alice, algorithms: [1] }, 'device_keys: "algorithms" must be an array of strings'],
    [{ ...alice, keys: [] }, 'device_keys: "keys" must be an object'],
    [{ ...alice, keys: { ed25519: "X" } }, 'device_keys: "keys": ed25519: a key ID must be "algorithm:id"'],
    [{ ...alice, keys: { "a:b": 1 } }, 'device_keys: "keys": a:b: the key must be a string without NUL'],
    [{ ...alice, keys: { "a:b": "\0" } }, 'device_keys: "keys": a:b: the key must be a string without NUL'],
    [{ ...alice, signatures: { "@a:b": "x" } }, 'device_keys: "signatures" of @a:b must be an object'],
    [{ ...alice, extra: 1e300 }, "device_keys.extra is an integer outside ±(2^53 - 1)"],
  ];
  for (const [value, message] of refused) refuses(() => parseDeviceKeys(value), "M_BAD_JSON", message);
});

test("E2: any JSON is parsed or refused with M_BAD_JSON", () => {
  const mutated = fc.tuple(fc.constantFrom(...Object.keys(alice)), canonicalValues);
  fc.assert(
    fc.property(mutated, ([member, value]) => {
      try {
        parseDeviceKeys({ ...alice, [member]: value });
      } catch (error) {
        assert.ok(error instanceof MatrixError && error.errcode === "M_BAD_JSON");
      }
    }),
  );
});
