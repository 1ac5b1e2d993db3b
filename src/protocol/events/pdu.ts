import type { EventId } from "../identifiers/event-id.ts";
import type { RoomId } from "../identifiers/room-id.ts";
import type { UserId } from "../identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../json-value.ts";

/** An event before it is hashed and signed; other members are allowed and kept. */
export interface UnsignedPdu {
  auth_events: EventId[];
  content: JsonObject;
  depth: number;
  /** Ms since the epoch. */
  origin_server_ts: number;
  prev_events: EventId[];
  /** Absent in the `m.room.create` of version 12. */
  room_id?: RoomId;
  sender: UserId;
  /** Present in state events alone. */
  state_key?: string;
  type: string;
  /** Of an `m.room.redaction`, before version 11. */
  redacts?: EventId;
  unsigned?: JsonObject;
  [other: string]: JsonValue | undefined;
}

/**
 * An event as servers exchange it, in room versions 10 to 12.
 * https://spec.matrix.org/v1.19/rooms/v11/#event-format
 */
export interface Pdu extends UnsignedPdu {
  hashes: { sha256: string };
  signatures: { [signer: string]: { [keyId: string]: string } };
}
