export interface ChangedRoomRow {
  readonly room_id: string;
  readonly version: string;
  readonly membership: string;
  readonly event_id: string;
  readonly position: number;
  readonly joined_at: number | null;
  readonly left_at: number | null;
  /** 1 or 0. */
  readonly is_forgotten: number;
  readonly event_position: number;
  readonly joined_members: number;
  readonly invited_members: number;
  /** 1 or 0. */
  readonly has_typing: number;
  readonly has_receipts: number;
}

export interface ChangedRoomsOf {
  readonly userId: string;
  readonly since: number;
  readonly leftSince: number;
  /** The room id behind which the page begins. */
  readonly after: string;
  readonly limit: number;
}

export interface ReceiptRow {
  readonly room_id: string;
  readonly user_id: string;
  readonly receipt_type: string;
  readonly thread_id: string;
  readonly event_id: string;
  readonly event_position: number;
  readonly received_at: number;
  readonly position: number;
}

export interface ReceiptsOf {
  readonly roomId: string;
  readonly reader: string;
  readonly since: number;
  readonly limit: number;
}

export interface OldestMembers {
  readonly roomId: string;
  readonly one: string;
  readonly other: string;
  readonly limit: number;
}

export interface RoomAccountDataRow {
  readonly room_id: string;
  readonly type: string;
  readonly content: string;
}

export const receiptColumns =
  "room_id, user_id, receipt_type, thread_id, event_id, event_position, received_at, position";

/** What a sync asks of its user's rooms. */
export interface RoomSyncStatements {
  listJoinedRooms(userId: string): Promise<string[]>;
  listChangedRooms(asked: ChangedRoomsOf): Promise<ChangedRoomRow[]>;
  /** Those who have had one of two memberships for longest, the oldest first. */
  listOldestMembers(asked: OldestMembers): Promise<string[]>;
  listNewestReceipts(asked: ReceiptsOf): Promise<ReceiptRow[]>;
  listOwnReceipts(roomId: string, userId: string): Promise<ReceiptRow[]>;
  /** Who of those in the room types, in order. */
  listTyping(roomId: string): Promise<string[]>;
  /** What a user has set since, in the order of the changes. */
  listRoomAccountData(userId: string, since: number): Promise<RoomAccountDataRow[]>;
  /** Which of these events others of the same room relate to. */
  listParents(roomId: string, eventIds: readonly string[]): Promise<string[]>;
}
