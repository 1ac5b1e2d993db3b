import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeUnpaddedBase64, encodeUnpaddedBase64 } from "../../src/protocol/unpadded-base64.ts";

test("the specification's examples", () => {
  // https://spec.matrix.org/v1.19/appendices/#unpadded-base64
  const examples = { "": "", f: "Zg", fo: "Zm8", foo: "Zm9v", foob: "Zm9vYg", fooba: "Zm9vYmE", foobar: "Zm9vYmFy" };
  for (const [plain, encoded] of Object.entries(examples)) {
    assert.equal(encodeUnpaddedBase64(Buffer.from(plain)), encoded);
    assert.equal(decodeUnpaddedBase64(encoded)?.toString(), plain);
  }
});

test("decoding gives back what was encoded, also from a part of a larger buffer", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(3), (bytes, offset) => {
      const part = bytes.subarray(offset);
      assert.deepEqual(new Uint8Array(decodeUnpaddedBase64(encodeUnpaddedBase64(part)) ?? []), new Uint8Array(part));
    }),
  );
});

test("padding, other alphabets, blanks and impossible lengths are not base64", () => {
  for (const text of ["Zg==", "Zm8=", "-_-_", "Zm 9v", "Zm9v\n", "Z", "Zm9vY", "é", "\0"]) {
    assert.equal(decodeUnpaddedBase64(text), undefined, text);
  }
});

test("left-over bits in the last character are ignored", () => {
  assert.equal(decodeUnpaddedBase64("Zh")?.toString(), "f");
});
