import { canonicalJson } from "../canonical-json.ts";
import type { EventId } from "../identifiers/event-id.ts";
import type { ServerName } from "../identifiers/server-name.ts";
import type { JsonObject } from "../json-value.ts";
import { type Signer, signJson } from "../signed-json.ts";
import { contentHash, eventIdOf } from "./event-hashes.ts";
import { EventTooLargeError } from "./event-too-large-error.ts";
import type { Pdu, UnsignedPdu } from "./pdu.ts";
import { redactEvent } from "./redact-event.ts";
import type { RoomVersion } from "./room-version.ts";

const mostBytes = 65_536;
const mostBytesOfMember = 255;

/**
 * Hashes and signs an event, after which it cannot be changed.
 * https://spec.matrix.org/v1.19/server-server-api/#adding-hashes-and-signatures-to-outgoing-events
 *
 * @param event its content stays whole: only the signature is over what a redaction would leave
 * @throws EventTooLargeError: the complete event is over 65,536 bytes, or sender, room id, type or state key over
 * 255 (https://spec.matrix.org/v1.19/client-server-api/#size-limits); M_BAD_JSON when it has no canonical JSON
 */
export function sealEvent(
  event: UnsignedPdu,
  version: RoomVersion,
  serverName: ServerName,
  signer: Signer,
): { pdu: Pdu; eventId: EventId } {
  for (const name of ["sender", "room_id", "type", "state_key"] as const) requireShort(event[name], name);
  const hashed: Pdu = { ...event, hashes: { sha256: contentHash(event) }, signatures: {} };
  const signed = signJson(redactEvent(hashed, version) as JsonObject, serverName, signer);
  const pdu: Pdu = { ...hashed, signatures: signed["signatures"] as Pdu["signatures"] };
  const size = Buffer.byteLength(canonicalJson(pdu as JsonObject, "event"));
  if (size > mostBytes) throw new EventTooLargeError(`The event has ${size} bytes; ${mostBytes} are allowed`);
  return { pdu, eventId: eventIdOf(pdu, version) };
}

function requireShort(text: string | undefined, name: string): void {
  if (text === undefined || Buffer.byteLength(text) <= mostBytesOfMember) return;
  throw new EventTooLargeError(`${name} has over ${mostBytesOfMember} bytes`);
}
