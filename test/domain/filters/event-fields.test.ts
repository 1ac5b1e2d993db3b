import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keepFields, keepFieldsOfText, parseEventFields } from "../../../src/domain/filters/event-fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/protocol/json.ts";
import { MatrixError } from "../../../src/protocol/matrix-error.ts";
import { parsePath } from "../../../src/protocol/property-path.ts";

const names = fc.constantFrom("a", "b", "m.relates_to", "m\\foo", "x\\.y", "", ".", "\\", "__proto__", "toString", "ü");
const paths = fc.array(names, { minLength: 1, maxLength: 4 });

const { objects } = fc.letrec<{ objects: object; values: unknown }>((tie) => ({
  objects: fc.dictionary(names, tie("values"), { maxKeys: 4 }),
  values: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(1, "text", null, true),
    fc.array(tie("objects"), { maxLength: 2 }),
    tie("objects"),
  ),
}));

const escaped = (path: readonly string[]) => path.map((name) => name.replace(/[.\\]/g, "\\$&")).join(".");

function keep(text: string, ...fields: string[]): string {
  const parsed = parseEventFields(fields);
  assert.ok(parsed);
  return keepFieldsOfText(text, parsed);
}

/** Where something stands that is no object with members, and what, as text. */
function leaves(value: JsonValue, path: readonly string[] = []): { path: readonly string[]; text: string }[] {
  const members = isJsonObject(value) ? Object.entries(value) : [];
  if (members.length === 0) return [{ path, text: JSON.stringify([path, value]) }];
  return members.flatMap(([name, member]) => leaves(member, [...path, name]));
}

test("a path is made of names with their dots and backslashes escaped", () => {
  assert.deepEqual(parsePath("content.body"), ["content", "body"]);
  assert.deepEqual(parsePath("content.m\\.relates_to"), ["content", "m.relates_to"]);
  assert.deepEqual(parsePath("content.m\\\\foo"), ["content", "m\\foo"]);
  assert.deepEqual(parsePath("a\\xb\\"), ["a\\xb\\"], "other escapes are what they are");
  fc.assert(fc.property(paths, (path) => assert.deepEqual(parsePath(escaped(path)), path)));
});

test("of an event what stands under one of the paths is kept, and nothing else", () => {
  const holds = (object: object, wanted: string[][]) => {
    const event = JSON.parse(JSON.stringify(object)) as JsonObject;
    const fields = parseEventFields(wanted.map(escaped));
    assert.ok(fields);
    const before = JSON.stringify(event);
    const kept = keepFields(event, fields);
    const isWanted = (path: readonly string[]) => wanted.some((names) => names.every((name, at) => path[at] === name));
    const expected = leaves(event).filter(({ path }) => path.length > 0 && isWanted(path));
    const found = leaves(kept).filter(({ path }) => path.length > 0);
    assert.deepEqual(found.map(({ text }) => text).sort(), expected.map(({ text }) => text).sort());
    assert.equal(JSON.stringify(event), before, "the event is left as it was");
    assert.equal(JSON.stringify(keepFields(kept, fields)), JSON.stringify(kept), "once is enough");
  };
  fc.assert(fc.property(objects, fc.array(paths, { minLength: 1, maxLength: 5 }), holds), { numRuns: 500 });
});

test("paths lead through objects alone, and what is not there is left out", () => {
  const event = '{"type":"t","content":{"body":"b","list":[{"x":1}],"m.relates_to":{"event_id":"$e","key":"k"}}}';
  assert.equal(keep(event, "content.body"), '{"content":{"body":"b"}}');
  assert.equal(
    keep(event, "content.m\\.relates_to.key", "type"),
    '{"content":{"m.relates_to":{"key":"k"}},"type":"t"}',
  );
  assert.equal(keep(event, "content.m.relates_to"), "{}");
  assert.equal(keep(event, "content.list.0", "content.list.x", "content.body.length", "none", ""), "{}");
  assert.equal(keep(event, "content.body", "content"), keep(event, "content"));
  assert.equal(keep(event, "content", "content.body"), keep(event, "content"));
  assert.equal(keep('{"a":{"__proto__":{"b":1},"c":2}}', "a.__proto__.b"), '{"a":{"__proto__":{"b":1}}}');
  assert.equal(keep("{}", "__proto__", "constructor.name", "toString"), "{}");
});

test("an absent or empty list asks for all fields", () => {
  for (const value of [undefined, null, []]) assert.equal(parseEventFields(value), undefined);
});

test("E2: the names in all paths together are bounded", () => {
  const longest = Array.from({ length: 1000 }, () => "a").join(".");
  assert.ok(parseEventFields([longest]));
  for (const fields of [[longest, "a"], [".".repeat(60_000)], Array.from({ length: 1001 }, () => "a")]) {
    assert.throws(
      () => parseEventFields(fields),
      (error) => error instanceof MatrixError && error.errcode === "M_TOO_LARGE",
    );
  }
});
