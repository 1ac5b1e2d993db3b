import { roomVersion } from "../../protocol/events/room-version.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { StateKey } from "./authorisation/auth-event.ts";
import { RoomWriter, type RoomWritingDeps, type RoomWritingStores } from "./room-writer.ts";

/** Inside a unit that has the room exclusively. @throws MatrixError `M_NOT_FOUND` when there is none of this id */
export async function openRoom(
  deps: RoomWritingDeps,
  stores: RoomWritingStores,
  commit: Commit,
  roomId: RoomId,
): Promise<RoomWriter> {
  const room = await findRoomWriter(deps, stores, commit, roomId);
  if (!room) throw noSuchRoom();
  return room;
}

export function noSuchRoom(): MatrixError {
  return new MatrixError("M_NOT_FOUND", "There is no such room here");
}

/**
 * As `openRoom`; `undefined` when there is no such room.
 * @param places of the state, each once, that will be asked for
 */
export async function findRoomWriter(
  deps: RoomWritingDeps,
  stores: RoomWritingStores,
  commit: Commit,
  roomId: RoomId,
  places: readonly StateKey[] = [],
): Promise<RoomWriter | undefined> {
  // Side by side: to a database that is far away it is one way.
  const [room, extremities, events] = await Promise.all([
    stores.rooms.findRoom(roomId),
    stores.rooms.listForwardExtremities(roomId),
    stores.roomState.listCurrent(roomId, places),
  ]);
  if (!room) return undefined;
  const version = roomVersion(room.version);
  return new RoomWriter(deps, stores, commit, { roomId, version, head: room, extremities, state: { places, events } });
}
