import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { AccountData } from "./account-data-store.ts";

export interface RoomAccountData extends AccountData {
  readonly roomId: RoomId;
}

/** What clients keep about a room for their user here, tags (`m.tag`) and `m.fully_read` among it. */
export interface RoomAccountDataStore {
  findContent(userId: UserId, roomId: RoomId, type: string): Promise<string | undefined>;
  /** Of all rooms. */
  listChanged(userId: UserId, since: StreamPosition): Promise<RoomAccountData[]>;
  listOfRoom(userId: UserId, roomId: RoomId): Promise<AccountData[]>;
  countTypes(userId: UserId): Promise<number>;
  /** How many bytes the contents of all of a user's rooms have together, that of one type in one room left out. */
  countBytesBeside(userId: UserId, roomId: RoomId, type: string): Promise<number>;
  put(userId: UserId, data: RoomAccountData): Promise<void>;
  removeAll(userId: UserId): Promise<void>;
}
