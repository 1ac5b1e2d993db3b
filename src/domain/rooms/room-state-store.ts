import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { StateKey } from "./authorisation/auth-event.ts";
import type { RoomEvent, SnapshotId, TimelineEvent } from "./room-event.ts";

/** Which event is in force at a place of the state; `undefined`: none. */
export interface StateChange {
  readonly type: string;
  readonly stateKey: string;
  readonly eventId: EventId | undefined;
}

/** A state of a room: its parent's with some changes. */
export interface Snapshot {
  readonly id: SnapshotId;
  readonly parentId: SnapshotId | undefined;
  /** How many state events lead to it, from 1. */
  readonly height: number;
}

/** The state after an event of a timeline. */
export type StatePoint = Pick<TimelineEvent, "roomId" | "position" | "stateAfter">;

/** A part of a state: from a place on, the types before one; both are compared as bytes. */
export interface StateRange {
  readonly from: StateKey;
  readonly until: string;
}

export interface StatePage {
  readonly events: readonly RoomEvent[];
  /** Where the rest of the range begins; `undefined`: there is none. */
  readonly next: StateKey | undefined;
}

/** A change that leads to a snapshot, and the height of the snapshot that it was made for. */
export interface MadeChange extends StateChange {
  readonly height: number;
}

/**
 * The states of rooms: the one in force, as one row for each place, and those of the past as snapshots. A snapshot is read
 * through the chain of its parents, which is short (docs/decisions/0017).
 */
export interface RoomStateStore {
  /** The state in force at these places; places where there is none are left out. */
  listCurrent(roomId: RoomId, places: readonly StateKey[]): Promise<RoomEvent[]>;
  /**
   * A page of the state after an event, by type and state key. However the room goes on meanwhile, pages that are read one
   * after another are one state: a place that was ever taken stays taken, by this event or another.
   */
  listPageAfter(event: StatePoint, range: StateRange, limit: number): Promise<StatePage>;
  findSnapshot(roomId: RoomId, id: SnapshotId): Promise<Snapshot | undefined>;
  /** The ancestor of this height, if there is one; the snapshot itself counts. */
  findAncestor(roomId: RoomId, id: SnapshotId, height: number): Promise<SnapshotId | undefined>;
  /**
   * The changes of a snapshot and of the ancestors above a height, the newest first: places may occur more than once.
   *
   * @param above ancestors of this height and lower are left out
   */
  listChanges(roomId: RoomId, id: SnapshotId, above: number): Promise<MadeChange[]>;
  addSnapshot(roomId: RoomId, snapshot: Snapshot, changes: readonly StateChange[]): Promise<void>;
  /** The state of a snapshot at these places. */
  listAt(roomId: RoomId, id: SnapshotId, places: readonly StateKey[]): Promise<RoomEvent[]>;
}
