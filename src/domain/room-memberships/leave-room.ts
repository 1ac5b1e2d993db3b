import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import { type ActingDeps, actInRoom } from "./act-in-room.ts";
import { appendMembership, membershipIn, removalContent } from "./append-membership.ts";

/** What a user wants to become in a room. */
export interface OwnChange {
  readonly roomId: RoomId;
  readonly reason: string | undefined;
}

/**
 * Leaves a room, declines an invite, or takes a knock back. Who has left stays so.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidleave
 *
 * @throws MatrixError `M_FORBIDDEN` for who is banned, and who was never in the room, be there such a room or not
 */
export async function leaveRoom(deps: ActingDeps, requester: Requester, { roomId, reason }: OwnChange): Promise<void> {
  const { userId } = requester;
  await actInRoom(deps, requester, { roomId }, async (unit) => {
    const room = await unit.find();
    const membership = room && (await membershipIn(room, userId));
    if (membership === "leave") return;
    if (!membership) throw new MatrixError("M_FORBIDDEN", "You are not in this room");
    await appendMembership(room, userId, userId, removalContent("leave", reason));
  });
}
