import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { Reading } from "../kernel/unit-of-work.ts";

/**
 * Rooms are for users of this server.
 * @throws MatrixError `M_FORBIDDEN`: what the specification gives for an invite that cannot be made
 */
export function requireLocalInvitee(serverName: ServerName, userId: UserId): void {
  if (serverNameOf(userId) === serverName) return;
  throw new MatrixError(
    "M_FORBIDDEN",
    "Users of other servers cannot be invited: this server shares no rooms with others",
  );
}

/**
 * Inside a unit that shares the user, who is to come into a room or to be asked into it: nobody who has no account leaves
 * a room again.
 *
 * @throws MatrixError `M_FORBIDDEN` when the user has no account here, or not any more
 */
export async function requireActiveUser(
  { accounts }: { readonly accounts: Reading<ActiveAccounts> },
  userId: UserId,
): Promise<void> {
  if (await accounts.hasActiveAccount(userId)) return;
  throw new MatrixError("M_FORBIDDEN", `There is no user ${userId} on this server`);
}
