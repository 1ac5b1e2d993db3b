import type { Receipt, ReceiptType } from "../../../domain/receipts/receipt-store.ts";
import type { Membership } from "../../../domain/rooms/membership-store.ts";
import type { ChangedRoom, RoomSyncStore } from "../../../domain/sync/sections/rooms/room-sync-store.ts";
import type { RoomVersionId } from "../../../protocol/events/room-version.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import { stillThere } from "../dialect/room-statements.ts";
import type { ChangedRoomRow, ReceiptRow } from "../dialect/room-sync-statements.ts";
import type { SqlSession } from "../session.ts";

export function sqlRoomSyncStore({ hot, roomsAtOnce }: SqlSession): RoomSyncStore {
  return {
    async listJoinedRooms(userId) {
      return (await hot.listJoinedRooms(userId)) as RoomId[];
    },
    async listChangedRooms(userId, { since, leftSince }, after) {
      const limit = roomsAtOnce;
      const rows = await hot.listChangedRooms({ userId, since, leftSince, after: after ?? "", limit });
      return { rooms: rows.map(changedRoomOf), isLast: rows.length < limit };
    },
    async listOldestMembers(roomId, present, limit) {
      const [one, other] = present ? (["join", "invite"] as const) : (["leave", "ban"] as const);
      return (await hot.listOldestMembers({ roomId, one, other, limit })) as UserId[];
    },
    async listNewestReceipts(roomId, reader, since, limit) {
      return (await hot.listNewestReceipts({ roomId, reader, since, limit })).map(receiptOf);
    },
  };
}

function changedRoomOf(row: ChangedRoomRow): ChangedRoom {
  const { joined_at, left_at } = row;
  const leftAt = left_at === null || left_at === stillThere ? undefined : left_at;
  return {
    roomId: row.room_id as RoomId,
    version: row.version as RoomVersionId,
    membership: row.membership as Membership,
    memberEventId: row.event_id as EventId,
    memberPosition: row.position,
    isForgotten: row.is_forgotten === 1,
    stay: joined_at === null ? undefined : { joinedAt: joined_at, leftAt },
    eventPosition: row.event_position,
    joinedMembers: row.joined_members,
    invitedMembers: row.invited_members,
    hasTyping: row.has_typing === 1,
    hasReceipts: row.has_receipts === 1,
  };
}

function receiptOf(row: ReceiptRow): Receipt {
  return {
    roomId: row.room_id as RoomId,
    userId: row.user_id as UserId,
    type: row.receipt_type as ReceiptType,
    threadId: row.thread_id === "" ? undefined : row.thread_id,
    eventId: row.event_id as EventId,
    eventPosition: row.event_position,
    receivedAt: row.received_at,
  };
}
