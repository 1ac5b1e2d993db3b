import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { type QueryMissingUsersDeps, queryMissingUsers } from "../appservices/query-missing-users.ts";
import type { Requester } from "../kernel/requester.ts";
import { requireLocalInvitee } from "../rooms/require-invitee.ts";
import { type ActingDeps, actAsMember } from "./act-in-room.ts";
import { appendMembership, membershipIn } from "./append-membership.ts";
import { memberContent } from "./member-content.ts";

export type InviteUserDeps = ActingDeps & QueryMissingUsersDeps;

/** What one user wants another one to become in a room. */
export interface TargetedChange {
  readonly roomId: RoomId;
  readonly target: UserId;
  readonly reason: string | undefined;
}

/**
 * Asks a user of this server into a room; one who has been asked already stays so. A user that does not exist is asked
 * for first, when an appservice may have it.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidinvite
 *
 * @throws MatrixError `M_FORBIDDEN`: not in the room, or too little power; the user is in the room or banned, does not exist
 * or lives on another server
 */
export async function inviteUser(
  deps: InviteUserDeps,
  requester: Requester,
  { roomId, target, reason }: TargetedChange,
): Promise<void> {
  requireLocalInvitee(deps.serverName, target);
  await queryMissingUsers(deps, [target], requester.appserviceId);
  await actAsMember(deps, requester, { roomId, target }, async (room, stores) => {
    if ((await membershipIn(room, target)) === "invite") return;
    await appendMembership(room, requester.userId, target, await memberContent(stores, target, "invite", { reason }));
  });
}
