import assert from "node:assert/strict";
import { test } from "node:test";
import { isOpaqueText, requireOpaqueText } from "../../../src/protocol/identifiers/opaque-text.ts";
import { refuses } from "../refusal.ts";

test("a name is any text that a database can keep", () => {
  for (const text of ["m.direct", " ", "a\nb", "\u0001", "\ufffd", "\uffff", "\u{10ffff}", "__proto__", "%00"]) {
    assert.ok(isOpaqueText(text));
    assert.equal(requireOpaqueText(text, "type"), text);
  }
});

test("E2: a name that no database could keep is refused", () => {
  for (const text of ["", "\0", "a\0b", "\ud800", "a\udc00", "\udc00\ud800"]) {
    assert.equal(isOpaqueText(text), false);
    refuses(
      () => requireOpaqueText(text, "type"),
      "M_INVALID_PARAM",
      "type must be 1 to 255 bytes of text without NUL",
    );
  }
  refuses(() => requireOpaqueText(undefined, "type"), "M_INVALID_PARAM");
});

test("a name has at most 255 bytes, not characters", () => {
  for (const [letter, most] of [
    ["x", 255],
    ["é", 127],
    ["鍵", 85],
    ["\u{1f5dd}", 63],
  ] as const) {
    assert.ok(isOpaqueText(letter.repeat(most)));
    assert.equal(isOpaqueText(letter.repeat(most + 1)), false);
  }
});
