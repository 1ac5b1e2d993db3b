import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { requireUserId, serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";

/** The users of a query or claim, ours apart from those of other servers. */
export interface RequestedUsers<What> {
  readonly local: ReadonlyMap<UserId, What>;
  readonly remoteServers: ReadonlySet<ServerName>;
}

/** @throws MatrixError 400 `M_INVALID_PARAM` for a user id that is none (rule C5) */
export function splitByServer<What>(
  requested: Iterable<[string, What]>,
  ownServer: ServerName,
  member: string,
): RequestedUsers<What> {
  const local = new Map<UserId, What>();
  const remoteServers = new Set<ServerName>();
  for (const [name, what] of requested) {
    const userId = requireUserId(name, member);
    const server = serverNameOf(userId);
    if (server === ownServer) local.set(userId, what);
    else remoteServers.add(server);
  }
  return { local, remoteServers };
}
