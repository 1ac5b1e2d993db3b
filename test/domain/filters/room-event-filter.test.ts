import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoomEventFilter, passesEvent } from "../../../src/domain/filters/room-event-filter.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";

const message = { type: "m.room.message", sender: "@alice:example.org", hasUrl: () => true };

function lets(definition: JsonObject, event = message): boolean {
  return passesEvent(parseRoomEventFilter(definition, "filter"), event);
}

test("types are matched whole, with * for any text", () => {
  const cases: [string[], boolean][] = [
    [["m.room.message"], true],
    [["m.room"], false],
    [["m.room.*"], true],
    [["*message"], true],
    [["m*room*message"], true],
    [["m.*.*.*"], false],
    [["m.room.message*"], true],
    [["*"], true],
    [[], false],
    [["org.example", "m.room.message"], true],
  ];
  for (const [types, passes] of cases) {
    assert.equal(lets({ types }), passes, types.join());
    assert.equal(lets({ not_types: types }), !passes, types.join());
  }
  assert.equal(lets({ types: ["m.room.message"], not_types: ["m.room.*"] }), false);
});

test("senders are chosen and left out; leaving out is stronger", () => {
  const [alice, bob] = ["@alice:example.org", "@bob:example.org"];
  assert.equal(lets({ senders: [alice] }), true);
  assert.equal(lets({ senders: [bob] }), false);
  assert.equal(lets({ senders: [] }), false);
  assert.equal(lets({ not_senders: [alice] }), false);
  assert.equal(lets({ senders: [alice], not_senders: [alice] }), false);
});

test("a content is looked into only where the filter asks for its url", () => {
  const unread = { ...message, hasUrl: () => assert.fail("the content was read") };
  assert.equal(lets({ types: ["m.*"] }, unread), true);
  assert.equal(lets({ contains_url: true, types: ["org.*"] }, unread), false);
  for (const hasUrl of [true, false]) {
    const event = { ...message, hasUrl: () => hasUrl };
    assert.equal(lets({ contains_url: true }, event), hasUrl);
    assert.equal(lets({ contains_url: false }, event), !hasUrl);
  }
});

test("a filter asks for at least 1 and at most 100 events, or does not say", () => {
  const limits = [undefined, 0, 1, 100, 101, 2 ** 53 - 1].map((limit) => {
    return parseRoomEventFilter(limit === undefined ? {} : { limit }, "filter").limit;
  });
  assert.deepEqual(limits, [undefined, 1, 1, 100, 100, 100]);
});
