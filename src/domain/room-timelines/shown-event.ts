import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { Membership } from "../rooms/membership-store.ts";
import type { RoomEvent } from "../rooms/room-event.ts";

/** What `m.relations` says of the events that relate to one. */
export interface BundledAggregations {
  readonly edit: ShownEvent | undefined;
  readonly thread: ShownThread | undefined;
  /** The newest first; empty: there are none. */
  readonly references: readonly EventId[];
}

export interface ShownThread {
  readonly latest: ShownEvent;
  /** Events in it, without the root. */
  readonly count: number;
  readonly hasParticipated: boolean;
}

/** The state of a room as it was with an invite or a knock, as far as who is not in the room may know it. */
export interface StrippedState {
  readonly membership: "invite" | "knock";
  readonly events: readonly RoomEvent[];
}

/** An event, and what its `unsigned` says to who asks. */
export interface ShownEvent {
  readonly event: RoomEvent;
  /** What else it has as servers exchange it, JSON text without `content`; absent: not asked for. */
  readonly envelope?: string | undefined;
  /** The requester's membership with the event; absent: not told. */
  readonly ownMembership?: Membership | undefined;
  /** For the device that has sent it. */
  readonly transactionId?: string | undefined;
  /** JSON text of the content of what it replaces; absent also for who may not see that. */
  readonly previousContent?: string | undefined;
  readonly redactedBecause?: ShownEvent | undefined;
  /** Of an invite or a knock, to whom it is told with what they may know of the room. */
  readonly strippedState?: StrippedState | undefined;
  /** Of an `m.room.redaction`. */
  readonly redacts?: EventId | undefined;
  readonly aggregations?: BundledAggregations | undefined;
}

/** A redaction that the requester may not see: that the event was redacted is seen all the same, why it was is not. */
export function withoutContent(redaction: ShownEvent): ShownEvent {
  return { ...redaction, event: { ...redaction.event, content: "{}" } };
}
