import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { StateKey } from "./authorisation/auth-event.ts";
import { findRoomWriter } from "./find-room-writer.ts";
import { isJoined } from "./room-powers.ts";
import type { RoomWriter, RoomWritingDeps, RoomWritingStores } from "./room-writer.ts";

/** The room that a unit has exclusively. All who act in the unit have one writer, opened when the first of them asks. */
export interface RoomInUnit {
  find(): Promise<RoomWriter | undefined>;
  /** @throws MatrixError `M_NOT_FOUND` */
  open(): Promise<RoomWriter>;
  /** @throws MatrixError `M_FORBIDDEN` for who is not in the room, be there such a room or not */
  openFor(member: UserId): Promise<RoomWriter>;
}

/** @param users whom the unit is about */
export function roomInUnit(
  deps: RoomWritingDeps,
  stores: RoomWritingStores,
  commit: Commit,
  { roomId, users }: { readonly roomId: RoomId; readonly users: readonly UserId[] },
): RoomInUnit {
  let writer: RoomWriter | undefined;
  const find = async () => (writer ??= await findRoomWriter(deps, stores, commit, roomId, placesOf(users)));
  return {
    find,
    async open() {
      const room = await find();
      if (!room) throw new MatrixError("M_NOT_FOUND", "There is no such room here");
      return room;
    },
    async openFor(member) {
      const room = await find();
      if (room && (await isJoined(room, member))) return room;
      throw new MatrixError("M_FORBIDDEN", `${member} is not in this room`);
    },
  };
}

/** The state that nearly everything that these users do is judged by: read at once. */
function placesOf(users: readonly UserId[]): StateKey[] {
  const members = users.map((userId): StateKey => ["m.room.member", userId]);
  return [["m.room.create", ""], ["m.room.power_levels", ""], ...members];
}
