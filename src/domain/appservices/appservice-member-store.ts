import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

/** A user in a room, joined or invited. */
export interface MemberOfRoom {
  readonly userId: UserId;
  readonly roomId: RoomId;
}

/**
 * In which rooms the users of appservices are, joined or invited, and when they were: by it an appservice hears of rooms,
 * also of what happened before the last of its users left. "At a position" means after all that has this position or an
 * earlier one.
 */
export interface AppserviceMemberStore {
  /** Of a user that is not there; it counts from a position on that is taken at the end of the unit. */
  begin(appserviceId: string, member: MemberOfRoom): Promise<void>;
  end(appserviceId: string, member: MemberOfRoom): Promise<void>;
  /** Positions in a range, its end included, at which events arrived in rooms where one of its users was. */
  listEventPositions(appserviceId: string, since: StreamPosition, upTo: StreamPosition): Promise<StreamPosition[]>;
  /** Of these rooms, those in which one of its users is joined or invited. */
  listRooms(appserviceId: string, roomIds: readonly RoomId[]): Promise<RoomId[]>;
  /** Of these rooms, those to which one of its users was joined at a position; `"now"`: is joined. */
  listJoinedRooms(appserviceId: string, roomIds: readonly RoomId[], at: StreamPosition | "now"): Promise<RoomId[]>;
  /** Of these users, those who were joined to a room at a position together with one of its users. */
  listSharing(appserviceId: string, userIds: readonly UserId[], at: StreamPosition | "now"): Promise<UserId[]>;
  /** Who was joined to a room at a position. */
  listPresent(roomId: RoomId, at: StreamPosition | "now"): Promise<UserId[]>;
  /** Who is joined or invited anywhere, by user and room: the first behind one of them. */
  listAll(after: MemberOfRoom | undefined, limit: number): Promise<MemberOfRoom[]>;
  /** Users of the appservice that are there, as `listAll` gives them; known ones stay as they are. */
  addAll(appserviceId: string, members: readonly MemberOfRoom[]): Promise<void>;
  /** Forgets whose time in a room ended at a position or earlier. */
  forgetEnded(appserviceId: string, position: StreamPosition): Promise<void>;
  forgetAll(appserviceId: string): Promise<void>;
}
