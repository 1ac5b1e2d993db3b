import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { Requester } from "../kernel/requester.ts";
import type { FindRoomByAliasDeps } from "../room-aliases/find-room-by-alias.ts";
import { type ActingDeps, actInRoom } from "./act-in-room.ts";
import { appendMembership, membershipIn } from "./append-membership.ts";
import { findRoom } from "./find-room.ts";
import { memberContent } from "./member-content.ts";

export type EnteringDeps = ActingDeps & FindRoomByAliasDeps;

/** A room that a user wants to come into. */
export interface RoomEntry {
  /** A room id or an alias. */
  readonly room: string;
  readonly reason: string | undefined;
}

/**
 * Asks for an invite; who knocks already goes on.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3knockroomidoralias
 *
 * @throws MatrixError `M_NOT_FOUND`; `M_FORBIDDEN` where nobody may knock, and for who is in the room, invited or banned
 */
export async function knockOnRoom(deps: EnteringDeps, requester: Requester, entry: RoomEntry): Promise<RoomId> {
  const { userId } = requester;
  const { reason } = entry;
  const roomId = await findRoom(deps, requester, entry.room);
  await actInRoom(deps, requester, { roomId }, async (unit, stores) => {
    const room = await unit.open();
    if ((await membershipIn(room, userId)) === "knock") return;
    await appendMembership(room, userId, userId, await memberContent(stores, userId, "knock", { reason }));
  });
  return roomId;
}
