import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson } from "../../../src/protocol/canonical-json.ts";
import { contentHash, eventIdOf } from "../../../src/protocol/events/event-hashes.ts";
import type { Pdu, UnsignedPdu } from "../../../src/protocol/events/pdu.ts";
import { redactEvent } from "../../../src/protocol/events/redact-event.ts";
import { roomVersion, roomVersionIds } from "../../../src/protocol/events/room-version.ts";
import { sealEvent } from "../../../src/protocol/events/seal-event.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { verifySignature } from "../../../src/protocol/signed-json.ts";
import { seedSigner, specSeed } from "../federation/seed-signer.ts";
import { refuses } from "../refusal.ts";
import { pduOf } from "./pdus.ts";
import { specEvents } from "./spec-events.ts";

const domain = "domain" as ServerName;
const signer = seedSigner("ed25519:1", specSeed);

function unsignedOf(members: JsonObject): UnsignedPdu {
  const { hashes: _, signatures: __, ...event } = pduOf(members);
  return event as UnsignedPdu;
}

function seal(event: UnsignedPdu, version = roomVersion("11")): { pdu: Pdu; eventId: string } {
  return sealEvent(event, version, domain, signer);
}

test("the specification's events are sealed as it says, by the redaction of versions before 11", () => {
  for (const { event, sha256, signature } of specEvents) {
    const { pdu } = seal(event, roomVersion("10"));
    assert.deepEqual(pdu, { ...event, hashes: { sha256 }, signatures: { domain: { "ed25519:1": signature } } });
  }
});

for (const version of roomVersionIds.map(roomVersion)) {
  test(`sealing v${version.id}: the event stays whole, and the signature survives a redaction`, () => {
    const event = unsignedOf({ content: { body: "b", "m.relates_to": { event_id: "$x" } }, state_key: "s" });
    const before = structuredClone(event);
    const { pdu, eventId } = seal(event, version);
    assert.deepEqual(event, before);
    const { hashes, signatures, ...rest } = pdu;
    assert.deepEqual(rest, event);
    assert.deepEqual(hashes, { sha256: contentHash(event) });
    assert.deepEqual(Object.keys(signatures), ["domain"]);
    const redacted = redactEvent(pdu, version);
    assert.ok(verifySignature(redacted as JsonObject, "domain", "ed25519:1", signer.publicKey));
    assert.equal(eventId, eventIdOf(pdu, version));
    assert.equal(eventIdOf(redacted, version), eventId);
  });
}

test("the create event of version 12 is sealed without a room id", () => {
  const { room_id: _, ...create } = unsignedOf({
    type: "m.room.create",
    state_key: "",
    content: { room_version: "12" },
  });
  const { pdu, eventId } = seal(create as UnsignedPdu, roomVersion("12"));
  assert.ok(!Object.hasOwn(pdu, "room_id"));
  assert.equal(eventId, eventIdOf(pdu, roomVersion("12")));
});

test("an event may have 65,536 bytes with its signature, and not one more", () => {
  const empty = seal(unsignedOf({ content: { body: "" } }));
  const room = 65_536 - Buffer.byteLength(canonicalJson(empty.pdu as JsonObject));
  const full = seal(unsignedOf({ content: { body: "x".repeat(room) } }));
  assert.equal(Buffer.byteLength(canonicalJson(full.pdu as JsonObject)), 65_536);
  refuses(() => seal(unsignedOf({ content: { body: "x".repeat(room + 1) } })), "M_TOO_LARGE", /65537 bytes/);
  // Bytes count, not characters.
  refuses(() => seal(unsignedOf({ content: { body: "ü".repeat(room / 2 + 1) } })), "M_TOO_LARGE");
});

test("sender, room id, type and state key have at most 255 bytes", () => {
  const longest = (start: string) => start + "x".repeat(255 - start.length);
  for (const [name, start] of Object.entries({ sender: "@", room_id: "!", type: "t", state_key: "" })) {
    assert.equal(seal(unsignedOf({ [name]: longest(start) })).pdu[name], longest(start));
    const tooLong = `${longest(start).slice(0, -1)}ü`;
    refuses(() => seal(unsignedOf({ [name]: tooLong })), "M_TOO_LARGE", `${name} has over 255 bytes`);
  }
});

test("what has no canonical JSON is not sealed", () => {
  refuses(() => seal(unsignedOf({ content: { fraction: 0.5 } })), "M_BAD_JSON");
  refuses(() => seal(unsignedOf({ content: { large: 2 ** 53 } })), "M_BAD_JSON");
  refuses(() => seal(unsignedOf({ content: { "\ud800": 1 } })), "M_BAD_JSON");
});
