import assert from "node:assert/strict";
import { test } from "node:test";
import { passesType, passesWithoutSender } from "../../../src/domain/filters/event-filter.ts";
import { everything, parseFilter } from "../../../src/domain/filters/filter.ts";
import { passesBeside, passesRoom } from "../../../src/domain/filters/room-event-filter.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { MatrixError } from "../../../src/protocol/matrix-error.ts";

function refusalOf(definition: JsonObject): MatrixError {
  try {
    parseFilter(definition);
  } catch (error) {
    if (error instanceof MatrixError) return error;
  }
  assert.fail("the filter was taken");
}

test("without a filter everything is told but rooms that were left", () => {
  const { room, accountData, eventFormat, eventFields } = everything;
  assert.deepEqual([room.includeLeave, eventFormat, eventFields], [false, "client", undefined]);
  assert.deepEqual([room.timeline.limit, room.timeline.relatedBy], [undefined, undefined]);
  assert.deepEqual([room.state.lazyLoadMembers, room.timeline.unreadThreadNotifications], [false, false]);
  assert.ok(passesWithoutSender(accountData, "m.push_rules"));
  for (const choice of [room, room.state, room.timeline, room.ephemeral, room.accountData]) {
    assert.ok(passesRoom(choice, "!room:example.org"));
  }
  assert.deepEqual(parseFilter({ room: {}, account_data: {} }), everything);
});

test("every member of a sync filter is read", () => {
  const filter = parseFilter({
    event_fields: ["content.body"],
    event_format: "federation",
    presence: { types: ["m.presence"], limit: 5 },
    account_data: { not_types: ["m.push_rules"], limit: 1 },
    room: {
      rooms: ["!a:x", "!b:x"],
      not_rooms: ["!b:x"],
      include_leave: true,
      state: { lazy_load_members: true, include_redundant_members: true, types: ["m.room.*"] },
      timeline: {
        limit: 50,
        unread_thread_notifications: true,
        contains_url: false,
        related_by_rel_types: ["m.thread", "m.thread"],
        related_by_senders: ["@alice:x"],
      },
      ephemeral: { not_types: ["*"] },
      account_data: { types: ["m.tag"], rooms: ["!c:x"] },
    },
  });
  const { room } = filter;
  assert.equal(filter.eventFormat, "federation");
  assert.deepEqual(filter.eventFields, new Map([["content", new Map([["body", "whole"]])]]));
  const isTold = (type: string) => passesWithoutSender(filter.accountData, type);
  assert.deepEqual([isTold("m.push_rules"), isTold("m.direct")], [false, true]);
  assert.deepEqual(
    ["!a:x", "!b:x", "!c:x"].map((id) => passesRoom(room, id)),
    [true, false, false],
  );
  assert.equal(room.includeLeave, true);
  assert.deepEqual([room.state.lazyLoadMembers, room.state.includeRedundantMembers], [true, true]);
  assert.deepEqual([passesType(room.state, "m.room.name"), passesType(room.state, "org.example")], [true, false]);
  assert.equal(room.timeline.limit, 50);
  assert.deepEqual([room.timeline.unreadThreadNotifications, room.timeline.containsUrl], [true, false]);
  assert.deepEqual(room.timeline.relatedBy, { senders: ["@alice:x"], relTypes: ["m.thread"] });
  assert.equal(passesType(room.ephemeral, "m.typing"), false);
  assert.deepEqual([passesType(room.accountData, "m.tag"), passesRoom(room.accountData, "!a:x")], [true, false]);
});

test("members that are null are as if they were absent", () => {
  const parts = { state: null, timeline: { types: null, limit: null, senders: null, contains_url: null } };
  const filter = parseFilter({
    ...{ event_fields: null, event_format: null, presence: null, account_data: { related_by_senders: null } },
    room: { rooms: null, not_rooms: null, include_leave: null, ...parts },
  });
  assert.deepEqual(filter, everything);
});

test("a member of the wrong shape is named", () => {
  const cases: [JsonObject, RegExp][] = [
    [{ event_fields: "content" }, /^event_fields /],
    [{ event_fields: [1] }, /^event_fields /],
    [{ event_format: "xml" }, /^event_format /],
    [{ presence: { types: "m.presence" } }, /^presence\.types /],
    [{ account_data: [] }, /^account_data /],
    [{ account_data: { senders: ["alice"] } }, /^account_data\.senders /],
    [{ room: "all" }, /^room /],
    [{ room: { rooms: ["#alias:x"] } }, /^room\.rooms /],
    [{ room: { not_rooms: {} } }, /^room\.not_rooms /],
    [{ room: { include_leave: 1 } }, /^room\.include_leave /],
    [{ room: { state: 5 } }, /^room\.state /],
    [{ room: { timeline: { limit: -1 } } }, /^room\.timeline\.limit /],
    [{ room: { timeline: { limit: 1.5 } } }, /^room\.timeline\.limit /],
    [{ room: { timeline: { limit: "10" } } }, /^room\.timeline\.limit /],
    [{ room: { timeline: { contains_url: "yes" } } }, /^room\.timeline\.contains_url /],
    [{ room: { timeline: { lazy_load_members: [] } } }, /^room\.timeline\.lazy_load_members /],
    [{ room: { ephemeral: { not_senders: [null] } } }, /^room\.ephemeral\.not_senders /],
    [{ room: { timeline: { related_by_senders: ["alice"] } } }, /^room\.timeline\.related_by_senders /],
    [{ room: { state: { related_by_rel_types: "m.thread" } } }, /^room\.state\.related_by_rel_types /],
    [{ room: { timeline: { related_by_rel_types: [1] } } }, /^room\.timeline\.related_by_rel_types /],
  ];
  for (const [definition, named] of cases) {
    const { errcode, message } = refusalOf(definition);
    assert.equal(errcode, "M_BAD_JSON");
    assert.match(message, named);
  }
});

test("E2: types and wildcards are bounded in every part", () => {
  for (const types of [["*".repeat(1000)], Array.from({ length: 501 }, () => "m.room.message")]) {
    for (const part of ["state", "timeline", "ephemeral", "account_data"]) {
      assert.equal(refusalOf({ room: { [part]: { types } } }).errcode, "M_TOO_LARGE");
      assert.equal(refusalOf({ room: { [part]: { not_types: types } } }).errcode, "M_TOO_LARGE");
    }
  }
});

test("E2: who and what may relate to an event is bounded, and what no event can have is not looked for", () => {
  const timeline = (filter: JsonObject) => parseFilter({ room: { timeline: filter } }).room.timeline.relatedBy;
  const senders = Array.from({ length: 51 }, (_, n) => `@${n}:x`);
  const relTypes = Array.from({ length: 11 }, (_, n) => `type${n}`);
  for (const filter of [{ related_by_senders: senders }, { related_by_rel_types: relTypes }]) {
    assert.equal(refusalOf({ room: { timeline: filter } }).errcode, "M_TOO_LARGE");
  }
  const most = timeline({ related_by_senders: senders.slice(1), related_by_rel_types: relTypes.slice(1) });
  assert.deepEqual([most?.senders?.length, most?.relTypes?.length], [50, 10]);
  const odd = timeline({ related_by_senders: ["@\0:x"], related_by_rel_types: ["\ud800", "", "x".repeat(256)] });
  assert.deepEqual(odd, { senders: [], relTypes: [] });
});

test("what nobody sends, and nothing relates to, passes where neither is asked for", () => {
  const { ephemeral } = parseFilter({}).room;
  assert.ok(passesBeside(ephemeral, "m.typing", () => assert.fail("the content was read")));
  const lets = (filter: JsonObject, hasUrl = false) =>
    passesBeside(parseFilter({ room: { ephemeral: filter } }).room.ephemeral, "m.typing", () => hasUrl);
  assert.deepEqual([lets({ not_senders: ["@alice:x"] }), lets({ senders: ["@alice:x"] })], [true, false]);
  assert.deepEqual([lets({ related_by_senders: ["@a:x"] }), lets({ related_by_rel_types: [] })], [false, false]);
  assert.deepEqual([lets({ contains_url: true }), lets({ contains_url: false })], [false, true]);
  assert.deepEqual([lets({ contains_url: true }, true), lets({ contains_url: false }, true)], [true, false]);
  assert.equal(lets({ not_types: ["m.*"] }), false);
});
