import type { Requester } from "../kernel/requester.ts";
import { type ActingDeps, actAsMember } from "./act-in-room.ts";
import { appendMembership, removalContent } from "./append-membership.ts";
import type { TargetedChange } from "./invite-user.ts";

/**
 * Bans a user, of whatever server and in the room or not. The same ban again changes nothing.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidban
 *
 * @throws MatrixError `M_FORBIDDEN`: not in the room, or too little power
 */
export async function banUser(
  deps: ActingDeps,
  requester: Requester,
  { roomId, target, reason }: TargetedChange,
): Promise<void> {
  await actAsMember(deps, requester, { roomId, target }, async (room) => {
    const before = await room.findState("m.room.member", target);
    const isRepeated =
      before?.sender === requester.userId &&
      before.content["membership"] === "ban" &&
      before.content["reason"] === reason;
    if (!isRepeated) await appendMembership(room, requester.userId, target, removalContent("ban", reason));
  });
}
