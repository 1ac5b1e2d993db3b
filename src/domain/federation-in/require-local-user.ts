import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { requireUserId, serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/**
 * What another server asks about a user must be asked of the user's own server (rule C5).
 * @param where the member or parameter that holds the id, for the message
 * @throws MatrixError 400 `M_INVALID_PARAM`
 */
export function requireLocalUser(text: unknown, ownServer: ServerName, where: string): UserId {
  const userId = requireUserId(text, where);
  if (serverNameOf(userId) === ownServer) return userId;
  throw new MatrixError("M_INVALID_PARAM", `${where}: ${userId} is not a user of this server`);
}
