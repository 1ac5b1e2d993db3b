import assert from "node:assert/strict";
import { test } from "node:test";
import { renderWithSignatures } from "../../../src/protocol/keys/render-key.ts";

const stored = '{"keys":{},"signatures":{"@a:b":{"ed25519:D":"own"}}}';

test("without extras the text stays as it is stored", () => {
  assert.equal(renderWithSignatures(stored, []), stored);
});

test("extra signatures are merged beside the object's own", () => {
  const text = renderWithSignatures(stored, [
    { signer: "@a:b", keyId: "ed25519:S", signature: "self" },
    { signer: "@c:d", keyId: "ed25519:U", signature: "user" },
  ]);
  assert.deepEqual(JSON.parse(text), {
    keys: {},
    signatures: { "@a:b": { "ed25519:D": "own", "ed25519:S": "self" }, "@c:d": { "ed25519:U": "user" } },
  });
});

test("an extra signature wins over the object's own by the same key", () => {
  const text = renderWithSignatures(stored, [{ signer: "@a:b", keyId: "ed25519:D", signature: "new" }]);
  assert.equal(text, '{"keys":{},"signatures":{"@a:b":{"ed25519:D":"new"}}}');
});

test("an object without signatures gets the member", () => {
  const text = renderWithSignatures("{}", [{ signer: "s", keyId: "k", signature: "x" }]);
  assert.equal(text, '{"signatures":{"s":{"k":"x"}}}');
});

test("Q2: unsigned is set when it is given, the empty one too", () => {
  assert.equal(renderWithSignatures("{}", [], {}), '{"unsigned":{}}');
  assert.equal(
    renderWithSignatures("{}", [], { device_display_name: "x" }),
    '{"unsigned":{"device_display_name":"x"}}',
  );
});

test("E2: signers and key ids may have the names of prototypes", () => {
  const extra = [
    { signer: "__proto__", keyId: "__proto__", signature: "x" },
    { signer: "constructor", keyId: "k", signature: "y" },
  ];
  const text = renderWithSignatures('{"signatures":{"__proto__":{"k":"own"}}}', extra);
  assert.equal(text, '{"signatures":{"__proto__":{"k":"own","__proto__":"x"},"constructor":{"k":"y"}}}');
});

test("a stored text that is no object is an error", () => {
  assert.throws(() => renderWithSignatures("[]", []), TypeError);
  assert.throws(() => renderWithSignatures("{", []), SyntaxError);
});
