import type { StreamValue } from "../stream-buffer.ts";

/** Of an `events event`, what is asked of it as a rule. */
export const eventColumns = `event.event_id, event.room_id, event.position, event.depth, event.type, event.state_key,
  event.sender, event.origin_server_ts, event.content, event.state_before, event.state_after, event.replaces_event_id,
  event.redacted_by`;

export interface EventRow {
  readonly event_id: string;
  readonly room_id: string;
  readonly position: number | null;
  readonly depth: number;
  readonly type: string;
  readonly state_key: string | null;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly content: string;
  readonly state_before: number | null;
  readonly state_after: number | null;
  readonly replaces_event_id: string | null;
  readonly redacted_by: string | null;
}

export interface NewEventRow extends Omit<EventRow, "position" | "redacted_by"> {
  readonly position: StreamValue;
  readonly envelope: string;
}

/** Whose membership an event changes. */
export interface NewMemberRow {
  readonly user_id: string;
  readonly membership: string;
  /** Whether the user comes, goes, or neither. */
  readonly stay: "begins" | "ends" | undefined;
}

/** Where a room stands with its newest event. */
export interface RoomHeadRow {
  readonly depth: number;
  readonly state_after: number | null;
  readonly last_snapshot: number;
  readonly joined_members: number;
  readonly invited_members: number;
}

export interface AppendedEvent {
  readonly event: NewEventRow;
  readonly head: RoomHeadRow;
  readonly member: NewMemberRow | undefined;
  readonly relation: NewRelationRow | undefined;
  readonly sent: NewSentEventRow | undefined;
}

/** What an event relates to. */
export interface NewRelationRow {
  readonly parent_id: string;
  readonly rel_type: string;
  readonly key_digest: string | null;
}

/** In `threads`, the sender of all that is in one. */
export const everySender = "";

/** The end of a stay that has not ended. */
export const stillThere = Number.MAX_SAFE_INTEGER;

export interface RoomRow extends RoomHeadRow {
  readonly room_id: string;
  readonly version: string;
  readonly event_position: number;
}

export interface ExtremityRow {
  readonly event_id: string;
  readonly depth: number;
}

/** What every event of a room reads before it. */
export interface RoomStatements {
  findRoom(roomId: string): Promise<RoomRow | undefined>;
  /** The deepest first. */
  listForwardExtremities(roomId: string, limit: number): Promise<ExtremityRow[]>;
}

export interface EventStatements {
  /** In no particular order. */
  listEvents(eventIds: readonly string[]): Promise<EventRow[]>;
  append(appended: AppendedEvent): Promise<void>;
  /** Those of a timeline after `since` and not after `upTo`, the newest first. */
  listNewest(roomId: string, since: number, upTo: number, limit: number): Promise<readonly EventRow[]>;
}

/** A place in a room's state. */
export type StatePlace = readonly [type: string, stateKey: string];

/** The event at a place, and since when it is there. */
export interface StateRow extends EventRow {
  readonly taken_at: number;
}

export interface SnapshotRow {
  readonly snapshot_id: number;
  readonly parent_id: number | null;
  readonly height: number;
}

export interface DeltaRow {
  readonly snapshot_id: number;
  readonly type: string;
  readonly state_key: string;
  readonly event_id: string | null;
}

export interface RoomStateStatements {
  /** Places where there is nothing are left out. */
  listCurrent(roomId: string, places: readonly StatePlace[]): Promise<EventRow[]>;
  /** By type and state key, which are compared as bytes: from a place on, the types before `until`. */
  listStatePage(roomId: string, from: StatePlace, until: string, limit: number): Promise<StateRow[]>;
  addSnapshot(roomId: string, snapshot: SnapshotRow, changes: readonly Omit<DeltaRow, "snapshot_id">[]): Promise<void>;
  /** A snapshot and its ancestors above a height, the newest first. */
  listChain(roomId: string, id: number, above: number): Promise<SnapshotRow[]>;
  /** The changes of these snapshots, of each by type and state key; those from a place to another where they are given. */
  listDeltas(roomId: string, ids: readonly number[], between?: readonly [StatePlace, StatePlace]): Promise<DeltaRow[]>;
  /** The events in force at these places of a snapshot. */
  listAt(roomId: string, id: number, places: readonly StatePlace[]): Promise<EventRow[]>;
}

export interface MemberRow {
  readonly room_id: string;
  readonly user_id: string;
  readonly membership: string;
  readonly event_id: string;
  readonly position: number;
  readonly is_forgotten: number;
}

export interface MembershipStatements {
  findMember(userId: string, roomId: string): Promise<MemberRow | undefined>;
  /** By room id. */
  listRooms(userId: string): Promise<readonly MemberRow[]>;
}

export interface SentEventRow {
  readonly user_id: string;
  readonly device_id: string;
  readonly txn_id: string;
  readonly room_id: string;
  readonly event_type: string;
}

export interface NewSentEventRow extends SentEventRow {
  readonly sent_at: number;
}

export interface SentEventStatements {
  findSent(transaction: SentEventRow): Promise<string | undefined>;
  listSent(
    sender: { readonly userId: string; readonly deviceId: string },
    eventIds: readonly string[],
  ): Promise<{ readonly event_id: string; readonly txn_id: string }[]>;
}
