import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
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
  /** Whether one of them is the requester's. */
  readonly isOwn: boolean;
}

/** An event in a thread. */
export interface ThreadedEvent {
  readonly rootId: EventId;
  readonly place: TimelinePlace;
  /** Whether no other event of the thread comes after it. */
  readonly isLast: boolean;
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
  /** Those of these events that relate to another one. */
  listRelating(events: EventsOfRoom): Promise<EventId[]>;
  /** The newest few replacements of each by its own sender and of its own type, in no particular order. */
  listEdits(originals: EventsOfRoom): Promise<RelatedPair[]>;
  /** @param ignored users whose events do not count */
  listThreads(roots: EventsOfRoom, userId: UserId, ignored: readonly UserId[]): Promise<ThreadSummary[]>;
  /** The newest references to these, at most so many in all, the newest first. */
  listReferences(parents: EventsOfRoom, ignored: readonly UserId[], limit: number): Promise<RelatedPair[]>;
  /** What relates to any of these events, the nearest first. */
  listRelated(
    parents: EventsOfRoom,
    only: RelationChoice,
    range: TimelineRange,
    limit: number,
  ): Promise<TimelineEvent[]>;
  /** What relates to any of these events, the newest first. */
  listRelatedIds(parents: EventsOfRoom, only: RelationChoice, limit: number): Promise<EventId[]>;
  /** The newest annotations of these events by one sender. */
  listAnnotations(parents: EventsOfRoom, sender: UserId, type: string, limit: number): Promise<TimelineEvent[]>;
  /** The events in threads of a room, up to a place, the newest first; `undefined`: all of them. */
  listThreaded(roomId: RoomId, upTo: TimelinePlace | undefined, limit: number): Promise<ThreadedEvent[]>;
  /** What these redactions redact, where that stands beside their content (room version 10). */
  listRedacted(redactionIds: readonly EventId[]): Promise<Map<EventId, EventId>>;
}
