import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { requireUserId, serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";

/** The users of a query or claim, ours apart from those of other servers. */
export interface RequestedUsers<What> {
  readonly local: ReadonlyMap<UserId, What>;
  /** By server. */
  readonly remote: ReadonlyMap<ServerName, ReadonlyMap<UserId, What>>;
}

/**
 * @param parse what is asked of a user; what it throws refuses the whole request
 * @throws MatrixError 400 `M_INVALID_PARAM` for a user id that is none (rule C5)
 */
export function splitByServer<Given, What>(
  requested: Iterable<[string, Given]>,
  ownServer: ServerName,
  member: string,
  parse: (userId: UserId, given: Given) => What,
): RequestedUsers<What> {
  const local = new Map<UserId, What>();
  const remote = new Map<ServerName, Map<UserId, What>>();
  for (const [name, given] of requested) {
    const userId = requireUserId(name, member);
    const server = serverNameOf(userId);
    const users = server === ownServer ? local : (remote.get(server) ?? new Map<UserId, What>());
    users.set(userId, parse(userId, given));
    if (server !== ownServer) remote.set(server, users);
  }
  return { local, remote };
}
