import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { contentHash, eventIdOf, roomIdOfCreate } from "../../../src/protocol/events/event-hashes.ts";
import type { Pdu } from "../../../src/protocol/events/pdu.ts";
import { type RoomVersionId, roomVersion, roomVersionIds } from "../../../src/protocol/events/room-version.ts";
import type { JsonObject, JsonValue } from "../../../src/protocol/json.ts";
import { pduOf } from "./pdus.ts";
import { specEvents } from "./spec-events.ts";

/** Canonical JSON of what needs no escapes beyond those of JSON.stringify, and whose names are ASCII. */
function sortedJson(value: JsonValue): string {
  return JSON.stringify(value, (_, member: JsonValue) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
}

/** The content of a message or of an `m.room.member`, and what goes with it, is taken away; the rest is hashed. */
function expectedHash(pdu: Pdu, version: RoomVersionId): string {
  const left: JsonObject = JSON.parse(JSON.stringify(pdu));
  for (const name of ["unsigned", "signatures", "redacts", "other"]) delete left[name];
  if (version !== "10") for (const name of ["origin", "membership", "prev_state"]) delete left[name];
  left["content"] = pdu.type === "m.room.member" ? { membership: pdu.content["membership"] as string } : {};
  const base64 = createHash("sha256").update(sortedJson(left)).digest("base64");
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

test("the specification's events have the content hashes that it gives", () => {
  for (const { event, sha256 } of specEvents) assert.equal(contentHash(event), sha256);
});

test("a content hash is over the whole content, and not over hashes, signatures and unsigned", () => {
  const pdu = pduOf({ content: { body: "b" } });
  const hash = contentHash(pdu);
  assert.equal(contentHash({ ...pdu, hashes: { sha256: "x" }, signatures: {}, unsigned: { age: 1 } }), hash);
  assert.notEqual(contentHash({ ...pdu, content: { body: "c" } }), hash);
  assert.notEqual(contentHash({ ...pdu, other: 1 }), hash);
});

const pdus = fc
  .record({
    type: fc.constantFrom("m.room.message", "m.room.member", "m.room.topic", "org.example.x"),
    content: fc.record({ membership: fc.constantFrom("join", "leave"), body: fc.string({ unit: "grapheme" }) }),
    depth: fc.nat(),
    prev_events: fc.array(fc.constantFrom("$a", "$b", "$c"), { maxLength: 3 }),
    hashes: fc.record({ sha256: fc.base64String() }),
    origin: fc.constantFrom("domain", "elsewhere"),
    membership: fc.constant("join"),
    other: fc.integer(),
    unsigned: fc.record({ age: fc.nat() }),
  })
  .map(pduOf);

for (const version of roomVersionIds) {
  test(`event ids v${version}: $ and the hash of what a redaction leaves`, () => {
    fc.assert(
      fc.property(pdus, (pdu) => {
        assert.equal(eventIdOf(pdu, roomVersion(version)), `$${expectedHash(pdu, version)}`);
      }),
    );
  });
}

test("event ids look as the specification says", () => {
  for (const version of roomVersionIds) {
    assert.match(eventIdOf(pduOf({}), roomVersion(version)), /^\$[A-Za-z0-9_-]{43}$/);
  }
});

test("room ids v12: the create event's id with another sigil", () => {
  const { room_id: _, ...create } = pduOf({ type: "m.room.create", content: { room_version: "12" } });
  const version = roomVersion("12");
  assert.equal(roomIdOfCreate(create as Pdu, version).slice(1), eventIdOf(create as Pdu, version).slice(1));
  assert.equal(roomIdOfCreate(create as Pdu, version)[0], "!");
  const other = { ...create, content: { room_version: "12", type: "m.space" } } as Pdu;
  assert.notEqual(roomIdOfCreate(other, version), roomIdOfCreate(create as Pdu, version));
});
