import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../protocol/json.ts";

/** What the authorisation rules look at in an event. */
export interface AuthEvent {
  readonly eventId: EventId;
  readonly type: string;
  /** `undefined`: no state event. */
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
}

/** One of an event's `auth_events`. */
export interface NamedAuthEvent extends AuthEvent {
  /** The room that it is in. */
  readonly roomId: RoomId;
  /** It was refused when it came: https://spec.matrix.org/v1.19/server-server-api/#rejection */
  readonly isRejected: boolean;
}

/** What says which events belong into an event's `auth_events`. */
export type SelectingEvent = Pick<AuthEvent, "type" | "stateKey" | "sender" | "content">;

/** An event that is to be judged. Its id is not known before it is signed. */
export interface JudgedEvent extends SelectingEvent {
  /** As the event says it: `undefined` in the `m.room.create` of version 12, which makes its room's id. */
  readonly roomId: RoomId | undefined;
  readonly prevEvents: readonly EventId[];
  /** Those that it names, in whatever room they are: who judges has them all. */
  readonly authEvents: readonly NamedAuthEvent[];
  /** Before version 11, of an `m.room.redaction`. */
  readonly redacts?: EventId | undefined;
  /** The servers whose signatures on it are valid; absent: the sender's alone. */
  readonly signedBy?: readonly ServerName[] | undefined;
}

/** A place in a room's state. */
export type StateKey = readonly [type: string, stateKey: string];

/** The state that an event is judged against, of events that were accepted: what `authEventKeys` names of it is enough, and `m.room.create`. */
export interface AuthState {
  find(type: string, stateKey: string): AuthEvent | undefined;
}

/** Why an event is refused. */
export interface Refusal {
  /** The rule's number in the specification of the room's version, such as `5.3.1`. */
  readonly rule: string;
  /** One sentence for who sent it. */
  readonly reason: string;
}
