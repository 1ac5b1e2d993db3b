import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import { type ActingDeps, actAsMember } from "./act-in-room.ts";
import { appendMembership, membershipIn, removalContent } from "./append-membership.ts";
import type { TargetedChange } from "./invite-user.ts";

/**
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidunban
 *
 * @throws MatrixError `M_FORBIDDEN`: the user is not banned, the requester is not in the room or has too little power
 */
export async function unbanUser(
  deps: ActingDeps,
  requester: Requester,
  { roomId, target, reason }: TargetedChange,
): Promise<void> {
  await actAsMember(deps, requester, { roomId, target }, async (room) => {
    if ((await membershipIn(room, target)) !== "ban") {
      throw new MatrixError("M_FORBIDDEN", "The user is not banned from this room");
    }
    await appendMembership(room, requester.userId, target, removalContent("leave", reason));
  });
}
