import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "../../src/protocol/canonical-json.ts";
import { canonicalValues, reversed } from "./arbitrary-json.ts";
import { refuses } from "./refusal.ts";

// https://spec.matrix.org/v1.19/appendices/#examples
const examples: [string, string][] = [
  ["{}", "{}"],
  ['{ "one": 1, "two": "Two" }', '{"one":1,"two":"Two"}'],
  ['{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'],
  [
    `{ "auth": { "success": true, "mxid": "@john.doe:example.com",
       "profile": { "display_name": "John Doe", "three_pids": [
         { "medium": "email", "address": "john.doe@example.org" }, { "medium": "msisdn", "address": "123456789" } ] } } }`,
    '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":' +
      '[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
  ],
  ['{ "a": "日本語" }', '{"a":"日本語"}'],
  ['{ "本": 2, "日": 1 }', '{"日":1,"本":2}'],
  ['{ "a": "\\u65E5" }', '{"a":"日"}'],
  ['{ "a": null }', '{"a":null}'],
  ['{ "a": -0, "b": 1e10 }', '{"a":0,"b":10000000000}'],
];

for (const [given, expected] of examples) {
  test(`the specification's example ${expected.slice(0, 40)}`, () => {
    assert.equal(canonicalJson(JSON.parse(given)), expected);
  });
}

test("control characters have their shortest escapes, all else none", () => {
  const text = canonicalJson('\b\t\n\f\r"\\/\u0000\u001f\u007f\u2028é😀');
  assert.equal(text, '"\\b\\t\\n\\f\\r\\"\\\\/\\u0000\\u001f\u007f\u2028é😀"');
});

test("members are sorted by code point, not by UTF-16 unit", () => {
  const text = canonicalJson({ "\u{10000}": 1, "\uffff": 2, "a\u{1f600}": 3, "a\ue000": 4, a: 5 });
  assert.equal(text, '{"a":5,"a\ue000":4,"a\u{1f600}":3,"\uffff":2,"\u{10000}":1}');
});

test("members whose names look like array indexes are sorted as text", () => {
  assert.equal(canonicalJson({ 9: 1, 10: 2 }), '{"10":2,"9":1}');
});

test("E2: __proto__ is a member like any other", () => {
  assert.equal(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}')), '{"__proto__":{"a":1},"b":1}');
});

test("parsing the text gives the value, and writing it again gives the text", () => {
  fc.assert(
    fc.property(canonicalValues, (value) => {
      const text = canonicalJson(value);
      assert.deepEqual(JSON.parse(text), value);
      assert.equal(canonicalJson(JSON.parse(text)), text);
    }),
  );
});

test("the order of members does not matter", () => {
  fc.assert(fc.property(canonicalValues, (value) => canonicalJson(reversed(value)) === canonicalJson(value)));
});

test("the names of every object are in the order of their code points", () => {
  const name = fc.string({ unit: "binary", minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.uniqueArray(name), (names) => {
      const object = Object.fromEntries(names.map((each) => [`x${each}`, 1]));
      const expected = Object.keys(object).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      // UTF-8 sorts as code points do.
      assert.equal(canonicalJson(object), `{${expected.map((each) => `${JSON.stringify(each)}:1`).join(",")}}`);
    }),
  );
});

test("E2: what has no canonical form is refused with the member's path", () => {
  refuses(() => canonicalJson({ a: { b: [1, 1.5] } }), "M_BAD_JSON", "a.b[1] is not an integer");
  refuses(() => canonicalJson({ a: 2 ** 53 }, "key"), "M_BAD_JSON", "key.a is an integer outside ±(2^53 - 1)");
  refuses(() => canonicalJson(JSON.parse('{"a":-1e999}')), "M_BAD_JSON", "a is not a finite number");
  refuses(() => canonicalJson(Number.NaN), "M_BAD_JSON", "The value is not a finite number");
  refuses(() => canonicalJson(["\udfff"]), "M_BAD_JSON", "[0] has a lone surrogate");
  refuses(() => canonicalJson({ "\ud800": 1 }), "M_BAD_JSON", "\ufffd has a lone surrogate in its name");
  refuses(() => canonicalJson({ a: undefined as never }), "M_BAD_JSON", "a is not a JSON value");
});

test("E2: nesting of 100 levels is taken, 101 and 100,000 are refused", () => {
  const text = `${'{"a":'.repeat(100)}1${"}".repeat(100)}`;
  assert.equal(canonicalJson(JSON.parse(text)), text);
  for (const depth of [101, 100_000]) {
    let value: unknown = 1;
    for (let level = 0; level < depth; level++) value = { a: value };
    refuses(() => canonicalJson(value as never), "M_BAD_JSON", /^a\.a.*…?.*\.a is nested deeper than 100 levels$/);
  }
});

test("E2: 100,000 members take seconds at most", () => {
  const object = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k\u{1f600}${index}`, index]));
  const before = process.threadCpuUsage();
  canonicalJson(object);
  // What other processes do to the clock is not in it.
  assert.ok(process.threadCpuUsage(before).user < 5_000_000);
});
