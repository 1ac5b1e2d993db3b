import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { Requester } from "../kernel/requester.ts";
import { actInRoom } from "./act-in-room.ts";
import { appendMembership, membershipIn } from "./append-membership.ts";
import { authoriserOfJoin } from "./authoriser-of-join.ts";
import { findRoom } from "./find-room.ts";
import type { EnteringDeps, RoomEntry } from "./knock-on-room.ts";
import { memberContent } from "./member-content.ts";

/**
 * Joins a room; who is in it stays.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3joinroomidoralias
 *
 * @throws MatrixError `M_NOT_FOUND`; `M_FORBIDDEN` for who was not invited where that is needed, meets none of a restricted
 * room's conditions, or is banned
 */
export async function joinRoom(deps: EnteringDeps, requester: Requester, entry: RoomEntry): Promise<RoomId> {
  const { userId } = requester;
  const { reason } = entry;
  const roomId = await findRoom(deps, requester, entry.room);
  await actInRoom(deps, requester, { roomId }, async (unit, stores) => {
    const room = await unit.open();
    const membership = await membershipIn(room, userId);
    if (membership === "join") return;
    const authoriser =
      membership === "invite" ? undefined : await authoriserOfJoin(stores, deps.serverName, room, userId);
    const others = { reason, join_authorised_via_users_server: authoriser };
    await appendMembership(room, userId, userId, await memberContent(stores, userId, "join", others));
  });
  return roomId;
}
