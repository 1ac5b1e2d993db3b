import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { RelatedBy } from "../filters/room-event-filter.ts";
import type { TimelinePlace } from "../rooms/event-store.ts";
import type { TimelineEvent } from "../rooms/room-event.ts";

/** A child event, and the one that it relates to. */
export interface RelatedPair {
  readonly parentId: EventId;
  readonly eventId: EventId;
}

export interface ThreadSummary {
  readonly rootId: EventId;
  /** Events in it, without the root. */
  readonly count: number;
  /** The last in topological order. */
  readonly latestId: EventId;
  /** Whether one of them is the reader's. */
  readonly isOwn: boolean;
}

/** Who is told what relates to events. */
export interface Reader {
  readonly userId: UserId;
  /** Users whose events do not count. */
  readonly ignored: readonly UserId[];
  /** What comes after it does not count either; `undefined`: everything counts. */
  readonly upTo: TimelinePlace | undefined;
}

/** A thread, and the place of its last event. */
export interface ThreadPlace {
  readonly rootId: EventId;
  readonly place: TimelinePlace;
}

/** An event in a thread. */
export interface ThreadedEvent extends ThreadPlace {
  /** Whether no other event of the thread comes after it, up to the end that is asked for. */
  readonly isLast: boolean;
}

/** An annotation, by what makes it the same as another one. */
export interface AnnotationOfEvent {
  readonly roomId: RoomId;
  readonly eventId: EventId;
  readonly sender: UserId;
  readonly type: string;
  readonly key: string;
}

/** Which relations are asked for; what is absent may be any. */
export interface RelationChoice {
  readonly relType?: string | undefined;
  readonly type?: string | undefined;
}

/** A part of a timeline in topological order. */
export interface TimelineRange {
  readonly direction: "backward" | "forward";
  /** Absent: the end where the direction begins. */
  readonly from: TimelinePlace | undefined;
  /** Absent: the end where the direction leads to. */
  readonly to: TimelinePlace | undefined;
}

/** Events that are asked for together. */
export interface EventsOfRoom {
  readonly roomId: RoomId;
  readonly eventIds: readonly EventId[];
}

/**
 * What events of a room say of one another, of many at once; from another room nothing relates to them. Written by
 * `EventStore.append` and `EventStore.redact`.
 */
export interface RelationStore {
  /** Those of these events that others relate to. */
  listParents(events: EventsOfRoom): Promise<EventId[]>;
  /** Those of these events that such an event relates to which is not after a place. */
  listRelatedBy(events: EventsOfRoom, by: RelatedBy, end: TimelinePlace): Promise<EventId[]>;
  /** Those of these events that relate to another one. */
  listRelating(events: EventsOfRoom): Promise<EventId[]>;
  /** The newest few replacements of each by its own sender and of its own type, in no particular order. */
  listEdits(originals: EventsOfRoom, reader: Reader): Promise<RelatedPair[]>;
  /**
   * Of threads in which something counts. How many events do is exact for who is told of all that there are; where the
   * thread goes on behind `upTo`, it is counted among the last `mostCounted` before that.
   */
  listThreads(roots: EventsOfRoom, reader: Reader, mostCounted: number): Promise<ThreadSummary[]>;
  /** The newest references to each, at most so many, the newest first. */
  listReferences(parents: EventsOfRoom, reader: Reader, limit: number): Promise<RelatedPair[]>;
  /** What relates to any of these events, the nearest first. */
  listRelated(
    parents: EventsOfRoom,
    only: RelationChoice,
    range: TimelineRange,
    limit: number,
  ): Promise<TimelineEvent[]>;
  /** What relates to any of these events, the newest first; to one of several at most 100. */
  listRelatedIds(parents: EventsOfRoom, only: RelationChoice, limit: number): Promise<EventId[]>;
  hasAnnotation(annotation: AnnotationOfEvent): Promise<boolean>;
  /** The threads of a room whose last event is not after a place, the newest of those first. */
  listNewestThreads(roomId: RoomId, from: TimelinePlace, limit: number): Promise<ThreadPlace[]>;
  /** The events in threads of a room that are not after a place, the newest first. */
  listThreaded(roomId: RoomId, from: TimelinePlace, end: TimelinePlace, limit: number): Promise<ThreadedEvent[]>;
  /** What these redactions redact, where that stands beside their content (room version 10). */
  listRedacted(redactionIds: readonly EventId[]): Promise<Map<EventId, EventId>>;
}
