import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ActingDeps } from "./act-in-room.ts";

/**
 * A room that the requester has left is not told of any more. Nothing happens for one that the requester was never in.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidforget
 *
 * @throws MatrixError `M_UNKNOWN` for who is in the room, asked into it, or knocks
 */
export async function forgetRoom(deps: ActingDeps, requester: Requester, roomId: RoomId): Promise<void> {
  const { userId } = requester;
  // A unit of its own: what is forgotten is a membership that is stored.
  await deps.unitOfWork.run({ exclusive: [roomId], shared: [userId] }, async ({ knownDevices, memberships }) => {
    await requireRequestingDevice({ knownDevices }, requester);
    const member = await memberships.findMember(userId, roomId);
    if (!member || member.isForgotten) return;
    if (member.membership !== "leave" && member.membership !== "ban") {
      throw new MatrixError("M_UNKNOWN", "Leave the room before you forget it");
    }
    await memberships.forget(userId, roomId);
  });
}
