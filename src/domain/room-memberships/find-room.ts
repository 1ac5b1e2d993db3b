import { requireRoomAlias } from "../../protocol/identifiers/room-alias.ts";
import { type RoomId, requireRoomId } from "../../protocol/identifiers/room-id.ts";
import type { Requester } from "../kernel/requester.ts";
import { type FindRoomByAliasDeps, findRoomByAlias } from "../room-aliases/find-room-by-alias.ts";

/**
 * The room that a room id or an alias names; of an id it is not looked whether there is such a room.
 * @throws MatrixError `M_INVALID_PARAM`; `M_NOT_FOUND` for an unknown alias
 */
export async function findRoom(deps: FindRoomByAliasDeps, requester: Requester, name: string): Promise<RoomId> {
  if (!name.startsWith("#")) return requireRoomId(name, "roomIdOrAlias");
  return findRoomByAlias(deps, requireRoomAlias(name, "roomIdOrAlias"), requester.appserviceId);
}
