import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

export type ReceiptType = "m.read" | "m.read.private";

/** How far a user has read. https://spec.matrix.org/v1.19/client-server-api/#receipts */
export interface Receipt {
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly type: ReceiptType;
  /** `undefined`: it belongs to no thread. */
  readonly threadId: string | undefined;
  readonly eventId: EventId;
  /** Of the event that was read. */
  readonly eventPosition: StreamPosition;
  /** Ms since the epoch. */
  readonly receivedAt: number;
}

/** One row for each room, user, type and thread; each change takes a position. */
export interface ReceiptStore {
  findReceipt(
    roomId: RoomId,
    userId: UserId,
    type: ReceiptType,
    threadId: string | undefined,
  ): Promise<Receipt | undefined>;
  /** A user's own of one room. */
  listOwn(roomId: RoomId, userId: UserId): Promise<Receipt[]>;
  /** A room's that changed after a position; private ones of other users than `reader` are left out. */
  listChanged(roomId: RoomId, reader: UserId, since: StreamPosition): Promise<Receipt[]>;
  /** Public ones of all rooms that changed in a range, in order: what appservices are told. */
  listPublicBetween(
    since: StreamPosition,
    upTo: StreamPosition,
    limit: number,
  ): Promise<(Receipt & { readonly position: StreamPosition })[]>;
  put(receipt: Receipt): Promise<void>;
}
