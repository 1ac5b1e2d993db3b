import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { TypingOfStays } from "../rooms/typing-of-stays.ts";

export interface TypingUser {
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** Ms since the epoch. */
  readonly endsAt: number;
}

/** Who types in which room: each time that somebody begins or ceases, the room's list takes a position. */
export interface TypingStore extends TypingOfStays {
  findTyping(roomId: RoomId, userId: UserId): Promise<TypingUser | undefined>;
  /** By user id. */
  listTyping(roomId: RoomId): Promise<UserId[]>;
  /** Of these rooms, those whose list changed after a position. */
  listChangedRooms(roomIds: readonly RoomId[], since: StreamPosition): Promise<RoomId[]>;
  /** Rooms whose list changed in a range, in order: what appservices are told. */
  listChangedBetween(since: StreamPosition, upTo: StreamPosition): Promise<RoomId[]>;
  /** Those whose time is over. */
  listEnded(now: number, limit: number): Promise<TypingUser[]>;
  /** When the first of all ends, in ms since the epoch. */
  findFirstEnd(): Promise<number | undefined>;
  /** `isNew`: the list changes, and takes a position; otherwise the user types on. */
  put(typing: TypingUser, isNew: boolean): Promise<void>;
}
