import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

/** Names a state of one room, at some time; 0 is the state before its first event. */
export type SnapshotId = number;

/** An event as it is kept: contents stay the text that they are, for most go out again without being looked into. */
export interface RoomEvent {
  readonly eventId: EventId;
  readonly roomId: RoomId;
  readonly type: string;
  /** `undefined`: no state event. */
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  /** Ms since the epoch. */
  readonly originServerTs: number;
  /** JSON text of the content: of a redacted event, what is left of it. */
  readonly content: string;
  readonly depth: number;
  /** `undefined` for an outlier, which stands in no timeline. */
  readonly position: StreamPosition | undefined;
  /** The state that the sender saw; `undefined` for an outlier. */
  readonly stateBefore: SnapshotId | undefined;
  readonly stateAfter: SnapshotId | undefined;
  /** Of a state event: the one whose place it took. */
  readonly replaces: EventId | undefined;
  readonly redactedBy: EventId | undefined;
}

/** An event that stands in a timeline. */
export interface TimelineEvent extends RoomEvent {
  readonly position: StreamPosition;
  readonly stateBefore: SnapshotId;
  readonly stateAfter: SnapshotId;
}
