import assert from "node:assert/strict";
import { test } from "node:test";
import { parseKeyId } from "../../../src/protocol/identifiers/key-id.ts";

test("a key id is an algorithm and an id", () => {
  assert.deepEqual(parseKeyId("signed_curve25519:AAAAAQ"), { algorithm: "signed_curve25519", id: "AAAAAQ" });
  assert.deepEqual(parseKeyId("a:b"), { algorithm: "a", id: "b" });
  assert.ok(parseKeyId(`a:${"x".repeat(253)}`));
  assert.ok(parseKeyId(`a:${"é".repeat(126)}`));
});

test("K2: a key id has exactly one colon, with something on both sides", () => {
  for (const text of ["", "a", ":", "a:", ":b", "a:b:c", "a::b", "a:b:", "a:\0", "a:\ud800", `a:${"x".repeat(254)}`]) {
    assert.equal(parseKeyId(text), undefined, text);
  }
  for (const text of ["é".repeat(127), "\udc00", "\0"]) {
    assert.equal(parseKeyId(`a:${text}`), undefined);
    assert.equal(parseKeyId(`${text}:a`), undefined);
  }
});
