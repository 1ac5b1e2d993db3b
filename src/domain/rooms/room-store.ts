import type { RoomVersionId } from "../../protocol/events/room-version.ts";
import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { SnapshotId } from "./room-event.ts";

/** Where a room stands: what its next event follows. */
export interface RoomHead {
  /** Of the newest event; 0 before the first. */
  readonly depth: number;
  /** The snapshot that holds the state in force; `undefined` before the first event. */
  readonly stateAfter: SnapshotId | undefined;
  /** The highest snapshot id that was given; 0 before the first. */
  readonly lastSnapshot: SnapshotId;
  readonly joinedMembers: number;
  readonly invitedMembers: number;
}

export interface Room extends RoomHead {
  readonly roomId: RoomId;
  readonly version: RoomVersionId;
  /** The position of the newest event in its timeline. */
  readonly eventPosition: StreamPosition;
}

/** An event that none follows yet. */
export interface ForwardExtremity {
  readonly eventId: EventId;
  readonly depth: number;
}

/** Heads and extremities are written by `EventStore.append`, with the events that move them. */
export interface RoomStore {
  findRoom(roomId: RoomId): Promise<Room | undefined>;
  /** At most 20, the deepest first: an event has no more `prev_events`. */
  listForwardExtremities(roomId: RoomId): Promise<ForwardExtremity[]>;
  /** A room without events yet; rejects when there is one of this id. */
  add(roomId: RoomId, version: RoomVersionId): Promise<void>;
}
