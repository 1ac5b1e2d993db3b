import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { AuthEvent } from "../rooms/authorisation/auth-event.ts";
import { membershipOf } from "../rooms/membership-change.ts";
import { requireActiveUser, requireLocalInvitee } from "../rooms/require-invitee.ts";

/** A membership that a client wants to set by itself. */
export interface SetMembership {
  readonly target: UserId;
  readonly content: JsonObject;
  /** The user's event in force. */
  readonly before: AuthEvent | undefined;
}

/**
 * Inside a unit that shares the target: what the authorisation rules leave to the server that makes an event. Whoever comes
 * into a room has an account here, and who may come in by being a member elsewhere is decided by joining, not by a claim
 * of the client.
 *
 * @throws MatrixError `M_FORBIDDEN`
 */
export async function requireSettableMembership(
  { serverName }: { readonly serverName: ServerName },
  stores: { readonly accounts: Reading<ActiveAccounts> },
  { target, content, before }: SetMembership,
): Promise<void> {
  const membership = membershipOf(content);
  if (membership === "leave" || membership === "ban") return;
  requireLocalInvitee(serverName, target);
  await requireActiveUser(stores, target);
  const isInside = ["join", "invite"].includes(membershipOf(before?.content) ?? "");
  if (content["join_authorised_via_users_server"] === undefined || isInside) return;
  throw new MatrixError("M_FORBIDDEN", "Join this room with the request that joins rooms");
}
