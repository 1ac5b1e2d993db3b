import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { RoomEvent, SnapshotId } from "../../../rooms/room-event.ts";
import type { RoomSectionStores } from "./room-question.ts";

export const memberType = "m.room.member";

/** The state of a room at the end of a timeline. */
export interface StateSource {
  listAll(): Promise<RoomEvent[]>;
  /** Without `m.room.member` events. */
  listBesideMembers(): Promise<RoomEvent[]>;
  /** The `m.room.member` events of these users. */
  listMembers(userIds: readonly string[]): Promise<RoomEvent[]>;
}

const membersOf = (userIds: readonly string[]) => userIds.map((userId) => [memberType, userId] as const);

/** The state in force. */
export function currentState({ roomState, roomSync }: RoomSectionStores, roomId: RoomId): StateSource {
  return {
    listAll: () => roomState.listAllCurrent(roomId),
    listBesideMembers: () => roomSync.listCurrentBeside(roomId, memberType),
    async listMembers(userIds) {
      return userIds.length === 0 ? [] : roomState.listCurrent(roomId, membersOf(userIds));
    },
  };
}

/** A state of the past: for who has left. */
export function pastState({ roomState }: RoomSectionStores, roomId: RoomId, snapshot: SnapshotId): StateSource {
  return {
    listAll: () => roomState.listAllAt(roomId, snapshot),
    async listBesideMembers() {
      return (await roomState.listAllAt(roomId, snapshot)).filter(({ type }) => type !== memberType);
    },
    async listMembers(userIds) {
      return userIds.length === 0 ? [] : roomState.listAt(roomId, snapshot, membersOf(userIds));
    },
  };
}
