import type { RoomVersionId } from "../../../../protocol/events/room-version.ts";
import type { EventId } from "../../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../../../kernel/stream-position.ts";
import type { Receipt } from "../../../receipts/receipt-store.ts";
import type { Membership } from "../../../rooms/membership-store.ts";
import type { Stay } from "../../../rooms/stay-store.ts";

/** A room of a user in which something has happened. */
export interface ChangedRoom {
  readonly roomId: RoomId;
  readonly version: RoomVersionId;
  readonly membership: Membership;
  /** The user's `m.room.member` event, and its position. */
  readonly memberEventId: EventId;
  readonly memberPosition: StreamPosition;
  /** The user has left, and wants to see no more of it. */
  readonly isForgotten: boolean;
  /** The user's last stay. */
  readonly stay: Stay | undefined;
  /** Of the room's newest event. */
  readonly eventPosition: StreamPosition;
  readonly joinedMembers: number;
  readonly invitedMembers: number;
  /** Whether who types, or receipts, have changed. */
  readonly hasTyping: boolean;
  readonly hasReceipts: boolean;
}

/** From when on rooms have news. */
export interface NewsRange {
  /** For rooms that the user is in, is invited to or knocks at: anything in them that is newer. */
  readonly since: StreamPosition;
  /**
   * For rooms that the user has left or is banned from: a membership that is newer. 0: all but those that are forgotten,
   * of which only those hear that were told of the room before.
   */
  readonly leftSince: StreamPosition;
}

/** Some rooms with news: as many as are read well at once. */
export interface ChangedRooms {
  readonly rooms: readonly ChangedRoom[];
  readonly isLast: boolean;
}

/** What every sync asks of the rooms of its user: what has no news costs one row of an index, and nothing is read of it. */
export interface RoomSyncStore {
  /** In order. */
  listJoinedRooms(userId: UserId): Promise<RoomId[]>;
  /** By room id, those after one; `undefined`: from the first. */
  listChangedRooms(userId: UserId, news: NewsRange, after: RoomId | undefined): Promise<ChangedRooms>;
  /**
   * Whose membership is the oldest, the oldest first: of those who are joined or invited (`present`), or of those who have
   * left or are banned.
   */
  listOldestMembers(roomId: RoomId, present: boolean, limit: number): Promise<UserId[]>;
  /**
   * The newest that changed after a position, in the order of the changes, and all of the reader's own; private ones of
   * others are left out.
   */
  listNewestReceipts(roomId: RoomId, reader: UserId, since: StreamPosition, limit: number): Promise<Receipt[]>;
}
