import { hash } from "node:crypto";
import type { EventId } from "../identifiers/event-id.ts";
import type { RoomId } from "../identifiers/room-id.ts";
import type { JsonObject } from "../json-value.ts";
import { signingBytes } from "../signed-json.ts";
import { encodeUnpaddedBase64 } from "../unpadded-base64.ts";
import type { Pdu, UnsignedPdu } from "./pdu.ts";
import { redactEvent } from "./redact-event.ts";
import type { RoomVersion } from "./room-version.ts";

/**
 * Over all of the event but `hashes`, `signatures` and `unsigned`: unpadded base64 of SHA-256.
 * https://spec.matrix.org/v1.19/server-server-api/#calculating-the-content-hash-for-an-event
 *
 * @throws MatrixError M_BAD_JSON when the event has no canonical JSON
 */
export function contentHash(event: UnsignedPdu): string {
  const { hashes: _, ...hashed } = event;
  return encodeUnpaddedBase64(hash("sha256", signingBytes(hashed as JsonObject), "buffer"));
}

/**
 * Over what a redaction leaves, but `signatures`: unpadded URL-safe base64 of SHA-256.
 * https://spec.matrix.org/v1.19/server-server-api/#calculating-the-reference-hash-for-an-event
 */
function referenceHash(pdu: Pdu, version: RoomVersion): string {
  return hash("sha256", signingBytes(redactEvent(pdu, version) as JsonObject), "base64url");
}

/**
 * The id that follows from a complete event: https://spec.matrix.org/v1.19/rooms/v11/#event-ids
 *
 * @throws MatrixError M_BAD_JSON when the event has no canonical JSON
 */
export function eventIdOf(pdu: Pdu, version: RoomVersion): EventId {
  return `$${referenceHash(pdu, version)}` as EventId;
}

/**
 * The room that an `m.room.create` of version 12 makes: https://spec.matrix.org/v1.19/appendices/#room-ids
 *
 * @throws MatrixError M_BAD_JSON when the event has no canonical JSON
 */
export function roomIdOfCreate(create: Pdu, version: RoomVersion): RoomId {
  return `!${referenceHash(create, version)}` as RoomId;
}
