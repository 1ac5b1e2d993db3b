import { roomVersion } from "../../protocol/events/room-version.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { StateKey } from "./authorisation/auth-event.ts";
import { RoomWriter, type RoomWritingDeps, type RoomWritingStores } from "./room-writer.ts";

/**
 * Inside a unit that has the room exclusively; `undefined` when there is none of this id.
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
