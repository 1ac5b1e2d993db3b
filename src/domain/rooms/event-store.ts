import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { Membership } from "./membership-store.ts";
import type { RoomEvent, TimelineEvent } from "./room-event.ts";
import type { RoomHead } from "./room-store.ts";
import type { SentTransaction } from "./sent-event-store.ts";

/** A place between two events of a room's timeline, in topological order: what has this depth and position is before it. */
export interface TimelinePlace {
  readonly depth: number;
  readonly position: StreamPosition;
}

/** What `m.relates_to` of an event's content says. */
export interface Relation {
  readonly parentId: EventId;
  readonly relType: string;
  /** Of an annotation that has one: what is annotated the same way has the same. */
  readonly key?: string | undefined;
}

/** A new event of a timeline; its position is given when the unit ends. */
export interface NewEvent extends Omit<TimelineEvent, "position" | "redactedBy"> {
  /** What else it has, as servers exchange it: JSON text without `content`. */
  readonly envelope: string;
  readonly relation: Relation | undefined;
  /** Where the room stands with it. */
  readonly head: RoomHead;
  /** The request that sends it, which has sent none before; `at`: when, in ms since the epoch. */
  readonly sent: { readonly transaction: SentTransaction; readonly at: number } | undefined;
}

/** How a membership event changes who is in the room. */
export interface MembershipChange {
  readonly userId: UserId;
  readonly before: Membership | undefined;
  readonly after: Membership;
}

/** What is left of a redacted event. */
export interface RedactedEvent {
  readonly eventId: EventId;
  readonly redactedBy: EventId;
  readonly content: string;
  readonly envelope: string;
}

/**
 * The events of rooms. Timelines leave out outliers, and what was rejected or failed softly.
 * Two orders: of arrival (`position`), in which syncs tell them, and topological (`depth`, then `position`), in which
 * pages go.
 */
export interface EventStore {
  findEvent(eventId: EventId): Promise<RoomEvent | undefined>;
  /** In no particular order; unknown ones are left out. */
  listEvents(eventIds: readonly EventId[]): Promise<RoomEvent[]>;
  /** As servers exchange it, without `content`: JSON text. */
  findEnvelope(eventId: EventId): Promise<string | undefined>;
  /** As `findEnvelope`, of many; unknown ones are left out. */
  listEnvelopes(eventIds: readonly EventId[]): Promise<Map<EventId, string>>;
  /** Whether something of the room is in a thread that begins at the event. */
  hasThread(roomId: RoomId, rootId: EventId): Promise<boolean>;
  /**
   * With the same position: the event, its place in the state in force (a state event takes it), the membership and the
   * stay that it begins or ends, its relation and the thread that it is in, its transaction, and the room's
   * `eventPosition` and head. The event follows all of the room's forward extremities, and is then the only one.
   */
  append(event: NewEvent, membership: MembershipChange | undefined): Promise<void>;
  /** Content and envelope are replaced, and its relation goes: it is in no thread any more. */
  redact(redacted: RedactedEvent): Promise<void>;
  /** The newest after `since` and not after `upTo`, the newest first. */
  listNewest(
    roomId: RoomId,
    range: { readonly since: StreamPosition; readonly upTo: StreamPosition },
    limit: number,
  ): Promise<TimelineEvent[]>;
  /** `backward`: those before the place, the nearest first; `forward`: those after it. */
  listPage(
    roomId: RoomId,
    from: TimelinePlace,
    direction: "backward" | "forward",
    limit: number,
  ): Promise<TimelineEvent[]>;
  /** The place behind the last event that had arrived at a position: 0, 0 when there was none. */
  findPlaceAt(roomId: RoomId, position: StreamPosition): Promise<TimelinePlace>;
  /** State events that arrived in a range, the newest first, as `listNewest`. */
  listStateEvents(
    roomId: RoomId,
    range: { readonly since: StreamPosition; readonly upTo: StreamPosition },
    limit: number,
  ): Promise<TimelineEvent[]>;
  /** Of all rooms, in the order of arrival: what appservices are told. */
  listArrived(since: StreamPosition, upTo: StreamPosition, limit: number): Promise<TimelineEvent[]>;
}
