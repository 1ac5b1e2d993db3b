import assert from "node:assert/strict";
import { test } from "node:test";
import { redactEvent } from "../../../src/protocol/events/redact-event.ts";
import { type RoomVersionId, roomVersion, roomVersionIds } from "../../../src/protocol/events/room-version.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { pduOf } from "./pdus.ts";

const levels: JsonObject = {
  ...{ ban: 1, events: { x: 1 }, events_default: 2, kick: 3, redact: 4, state_default: 5, users: { "@a:b": 6 } },
  users_default: 7,
};
const signed = { mxid: "@a:b", token: "t", signatures: {} };

interface ContentCase {
  readonly type: string;
  readonly content: JsonObject;
  readonly in10: JsonObject;
  /** Of versions 11 and 12; the same as `in10` where absent. */
  readonly since11?: JsonObject;
}

const contents: ContentCase[] = [
  { type: "m.room.message", content: { body: "b", membership: "join", creator: "@a:b" }, in10: {} },
  { type: "constructor", content: { body: "b" }, in10: {} },
  {
    type: "m.room.member",
    content: { membership: "join", join_authorised_via_users_server: "@b:c", displayname: "A", reason: "r" },
    in10: { membership: "join", join_authorised_via_users_server: "@b:c" },
  },
  {
    type: "m.room.member",
    content: { membership: "invite", third_party_invite: { display_name: "A", signed } },
    in10: { membership: "invite" },
    since11: { membership: "invite", third_party_invite: { signed } },
  },
  {
    type: "m.room.member",
    content: { membership: "invite", third_party_invite: { display_name: "A" } },
    in10: { membership: "invite" },
    since11: { membership: "invite", third_party_invite: {} },
  },
  {
    type: "m.room.member",
    content: { membership: "invite", third_party_invite: "text" },
    in10: { membership: "invite" },
  },
  {
    type: "m.room.create",
    content: { creator: "@a:b", room_version: "11", other: [1] },
    in10: { creator: "@a:b" },
    since11: { creator: "@a:b", room_version: "11", other: [1] },
  },
  {
    type: "m.room.join_rules",
    content: { join_rule: "restricted", allow: [{ type: "m.room_membership" }], other: 1 },
    in10: { join_rule: "restricted", allow: [{ type: "m.room_membership" }] },
  },
  {
    type: "m.room.power_levels",
    content: { ...levels, invite: 8, notifications: { room: 9 }, historical: 1 },
    in10: levels,
    since11: { ...levels, invite: 8 },
  },
  {
    type: "m.room.history_visibility",
    content: { history_visibility: "shared", other: 1 },
    in10: { history_visibility: "shared" },
  },
  {
    type: "m.room.redaction",
    content: { redacts: "$e", reason: "r" },
    in10: {},
    since11: { redacts: "$e" },
  },
  { type: "m.room.aliases", content: { aliases: ["#a:b"] }, in10: {} },
  { type: "m.room.topic", content: { topic: "t" }, in10: {} },
];

function leftIn(version: RoomVersionId, { in10, since11 = in10 }: ContentCase): JsonObject {
  return version === "10" ? in10 : since11;
}

for (const version of roomVersionIds) {
  test(`redaction v${version}: each event type keeps what the specification lists of its content`, () => {
    for (const one of contents) {
      const pdu = pduOf({ type: one.type, content: one.content });
      assert.deepEqual(redactEvent(pdu, roomVersion(version)).content, leftIn(version, one), one.type);
    }
  });

  test(`redaction v${version}: members beside the content`, () => {
    const members = { event_id: "$e", state_key: "" };
    const kept = pduOf(members);
    const keptIn10 = { origin: "domain", membership: "join", prev_state: [] };
    const dropped = { unsigned: { age: 1 }, redacts: "$r", age_ts: 1, replaces_state: "$x", prev_content: {} };
    const redacted = redactEvent(pduOf({ ...members, ...keptIn10, ...dropped }), roomVersion(version));
    assert.deepEqual(redacted, version === "10" ? { ...kept, ...keptIn10 } : kept);
  });

  test(`redaction v${version}: redacting twice changes nothing more, and the event given stays as it was`, () => {
    for (const { type, content } of contents) {
      const pdu = pduOf({ type, content, unsigned: {} });
      const before = structuredClone(pdu);
      const once = redactEvent(pdu, roomVersion(version));
      assert.deepEqual(pdu, before);
      assert.deepEqual(redactEvent(once, roomVersion(version)), once);
    }
  });
}
