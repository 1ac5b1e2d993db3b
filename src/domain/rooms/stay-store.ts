import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

/** A time in which a user was joined to a room. */
export interface Stay {
  /** Of the event by which the user joined. */
  readonly joinedAt: StreamPosition;
  /** Of the event by which the user ceased to be there; `undefined`: is still there. */
  readonly leftAt: StreamPosition | undefined;
}

/** Written by `EventStore.append`, with the events that say it. */
export interface StayStore {
  /** The one that began last, or last before a position; `undefined`: there is none. */
  findLastStay(userId: UserId, roomId: RoomId, before?: StreamPosition): Promise<Stay | undefined>;
}
