import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import { type ActingDeps, actAsMember } from "./act-in-room.ts";
import { appendMembership, membershipIn, removalContent } from "./append-membership.ts";
import type { TargetedChange } from "./invite-user.ts";

/**
 * Takes a user out of a room, an invite back, or declines a knock.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidkick
 *
 * @throws MatrixError `M_FORBIDDEN`: one of both is not in the room, or the power is too little
 */
export async function kickUser(
  deps: ActingDeps,
  requester: Requester,
  { roomId, target, reason }: TargetedChange,
): Promise<void> {
  await actAsMember(deps, requester, { roomId, target }, async (room) => {
    const membership = await membershipIn(room, target);
    if (membership === undefined || membership === "leave" || membership === "ban") {
      throw new MatrixError("M_FORBIDDEN", "The user is not in this room");
    }
    await appendMembership(room, requester.userId, target, removalContent("leave", reason));
  });
}
