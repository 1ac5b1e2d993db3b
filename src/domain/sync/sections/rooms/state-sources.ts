import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { RoomEvent, SnapshotId } from "../../../rooms/room-event.ts";
import type { RoomSectionStores } from "./room-question.ts";

export const memberType = "m.room.member";

/** The `m.room.member` events of some users, at the end of a timeline. */
export type ListMembers = (userIds: readonly string[]) => Promise<RoomEvent[]>;

const membersOf = (userIds: readonly string[]) => userIds.map((userId) => [memberType, userId] as const);

export function currentMembers({ roomState }: RoomSectionStores, roomId: RoomId): ListMembers {
  return async (userIds) => (userIds.length === 0 ? [] : roomState.listCurrent(roomId, membersOf(userIds)));
}

/** For who has left. */
export function pastMembers({ roomState }: RoomSectionStores, roomId: RoomId, snapshot: SnapshotId): ListMembers {
  return async (userIds) => (userIds.length === 0 ? [] : roomState.listAt(roomId, snapshot, membersOf(userIds)));
}
