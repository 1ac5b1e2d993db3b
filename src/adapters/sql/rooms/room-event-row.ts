import type { NewEvent } from "../../../domain/rooms/event-store.ts";
import type { RoomEvent, TimelineEvent } from "../../../domain/rooms/room-event.ts";
import type { RoomHead } from "../../../domain/rooms/room-store.ts";
import type { SentTransaction } from "../../../domain/rooms/sent-event-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { EventRow, NewEventRow, RoomHeadRow, SentEventRow } from "../dialect/room-statements.ts";
import { StorageInconsistencyError } from "../storage-inconsistency-error.ts";
import type { StreamValue } from "../stream-buffer.ts";

/** For the query builder, of an `events as event`. */
export const eventColumnNames = [
  ...(["event.event_id", "event.room_id", "event.position", "event.depth", "event.type", "event.state_key"] as const),
  ...(["event.sender", "event.origin_server_ts", "event.content", "event.state_before", "event.state_after"] as const),
  ...(["event.replaces_event_id", "event.redacted_by"] as const),
] as const;

export function eventOf(row: EventRow): RoomEvent {
  return {
    eventId: row.event_id as EventId,
    roomId: row.room_id as RoomId,
    type: row.type,
    stateKey: row.state_key ?? undefined,
    sender: row.sender as UserId,
    originServerTs: row.origin_server_ts,
    content: row.content,
    depth: row.depth,
    position: row.position ?? undefined,
    stateBefore: row.state_before ?? undefined,
    stateAfter: row.state_after ?? undefined,
    replaces: (row.replaces_event_id ?? undefined) as EventId | undefined,
    redactedBy: (row.redacted_by ?? undefined) as EventId | undefined,
  };
}

export function timelineEventOf(row: EventRow): TimelineEvent {
  const event = eventOf(row);
  const { position, stateBefore, stateAfter } = event;
  if (position === undefined || stateBefore === undefined || stateAfter === undefined) {
    throw new StorageInconsistencyError("events", "state_after", row.event_id, "an event of a timeline has no state");
  }
  return { ...event, position, stateBefore, stateAfter };
}

export function newEventRow(event: NewEvent, position: StreamValue): NewEventRow {
  return {
    event_id: event.eventId,
    room_id: event.roomId,
    position,
    depth: event.depth,
    type: event.type,
    state_key: event.stateKey ?? null,
    sender: event.sender,
    origin_server_ts: event.originServerTs,
    content: event.content,
    envelope: event.envelope,
    state_before: event.stateBefore,
    state_after: event.stateAfter,
    replaces_event_id: event.replaces ?? null,
  };
}

export function headRow(head: RoomHead): RoomHeadRow {
  return {
    depth: head.depth,
    state_after: head.stateAfter ?? null,
    last_snapshot: head.lastSnapshot,
    joined_members: head.joinedMembers,
    invited_members: head.invitedMembers,
  };
}

export function sentEventRow({ userId, deviceId, transactionId, roomId, eventType }: SentTransaction): SentEventRow {
  return { user_id: userId, device_id: deviceId, txn_id: transactionId, room_id: roomId, event_type: eventType };
}
