import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyObject, isJsonObject, requireStorable } from "../../src/protocol/json.ts";
import { canonicalValues } from "./arbitrary-json.ts";
import { refuses } from "./refusal.ts";

test("only plain objects are JSON objects", () => {
  assert.ok(isJsonObject({}));
  assert.ok(isJsonObject(emptyObject()));
  assert.ok(isJsonObject(JSON.parse('{"__proto__":{"a":1}}')));
  for (const other of [null, undefined, [], "{}", 1, true, new Date(0), new Map(), Buffer.alloc(1)]) {
    assert.equal(isJsonObject(other), false);
  }
});

test("an empty object has no inherited names, and __proto__ is an ordinary member", () => {
  const map = emptyObject<number>();
  assert.equal(map.constructor, undefined);
  const name = "__proto__";
  map[name] = 1;
  assert.equal(JSON.stringify(map), '{"__proto__":1}');
});

test("E2: whatever has canonical JSON is storable, and so are fractions", () => {
  fc.assert(fc.property(canonicalValues, (value) => requireStorable(value, "content")));
  requireStorable({ a: [0.5, -0, Number.MAX_SAFE_INTEGER] }, "content");
});

test("E2: what cannot be stored is refused with its path", () => {
  const refused: [unknown, string][] = [
    [{ a: [0, { b: 2 ** 53 }] }, "content.a[1].b is an integer outside ±(2^53 - 1)"],
    [{ a: 1e300 }, "content.a is an integer outside ±(2^53 - 1)"],
    [JSON.parse('{"a":1e999}'), "content.a is not a finite number"],
    [{ a: Number.NaN }, "content.a is not a finite number"],
    [["\ud800"], "content[0] has a lone surrogate"],
    [{ "x\udc00": 1 }, "content.x\ufffd has a lone surrogate in its name"],
    [JSON.parse('{"__proto__":{"b":"\\ud800"}}'), "content.__proto__.b has a lone surrogate"],
  ];
  for (const [value, message] of refused) {
    refuses(() => requireStorable(value as never, "content"), "M_BAD_JSON", message);
  }
});

test("E2: nesting of 100 levels is taken, 101 and 100,000 are refused", () => {
  requireStorable(JSON.parse("[".repeat(100) + "]".repeat(100)), "content");
  for (const depth of [101, 100_000]) {
    let value: unknown[] = [];
    for (let level = 1; level < depth; level++) value = [value];
    refuses(() => requireStorable(value as never, "content"), "M_BAD_JSON", /is nested deeper than 100 levels$/);
  }
});

test("E2: the message stays short when the name is long", () => {
  const run = () => requireStorable({ ["x".repeat(1_000_000)]: "\ud800" }, "content");
  refuses(run, "M_BAD_JSON", /^content\.x{128}… has a lone surrogate$/);
});
