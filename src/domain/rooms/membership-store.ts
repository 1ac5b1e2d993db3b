import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

export type Membership = "invite" | "join" | "knock" | "leave" | "ban";

/** How a user stands to a room now. */
export interface RoomMember {
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly membership: Membership;
  /** The `m.room.member` event, and its position. */
  readonly eventId: EventId;
  readonly position: StreamPosition;
  /** The user has left, and wants to see no more of it. */
  readonly isForgotten: boolean;
}

/** Written by `EventStore.append`, with the events that say it. */
export interface MembershipStore {
  findMember(userId: UserId, roomId: RoomId): Promise<RoomMember | undefined>;
  /** By room id; `memberships`: only those. */
  listRooms(userId: UserId, memberships?: readonly Membership[]): Promise<RoomMember[]>;
  /** By user id, those after one; `undefined`: from the first. */
  listMembers(roomId: RoomId, membership: Membership, after: UserId | undefined, limit: number): Promise<RoomMember[]>;
  forget(userId: UserId, roomId: RoomId): Promise<void>;
  /** Whether both are joined in some room now. */
  hasSharedRoom(userId: UserId, other: UserId): Promise<boolean>;
}
