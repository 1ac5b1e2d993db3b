import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Who types in a room, as far as it ends with their stay there. The store of who types is one. */
export interface TypingOfStays {
  /** The user types there no more. Where that is so already, the room's list takes no position. */
  remove(roomId: RoomId, userId: UserId): Promise<void>;
}
