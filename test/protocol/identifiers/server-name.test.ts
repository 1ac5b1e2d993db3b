import assert from "node:assert/strict";
import { test } from "node:test";
import { parseServerName } from "../../../src/protocol/identifiers/server-name.ts";

test("the grammar's server names are taken as they stand", () => {
  const good = [
    "matrix.org",
    "matrix.org:8888",
    "1.2.3.4",
    "1.2.3.4:1234",
    "[1234:5678::abcd]",
    "[::1]:5678",
    "LOCALhost",
  ];
  for (const text of [...good, "a".repeat(255), "constructor", "h:00443"]) assert.equal(parseServerName(text), text);
});

test("anything else is no server name", () => {
  const bad = ["", ":80", "a:", "a:b", "a:123456", "a_b", "a/b", "a b", "a\n", "[::1", "::1", "[]", "[g::]", "[::1]x"];
  for (const text of [...bad, "a".repeat(256), "é.org", "a:1:2", "a\0", undefined, null, 1, ["a"]]) {
    assert.equal(parseServerName(text), undefined, String(text));
  }
});
