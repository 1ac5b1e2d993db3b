import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Reading, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { ListeningServerStore } from "./listening-server-store.ts";

/** Ms for which a server that has asked for a user's device list, or exchanged messages with the user, hears of it. */
const listeningTime = 30 * 24 * 3600_000;

/**
 * Ms for which a server that asks for a user's device list is promised to hear of it. After a restore from a backup nobody
 * knows which servers have asked since (rule E5): they go on with what they have until the promise is over.
 */
export const promisedTime = 7 * 24 * 3600_000;

/** Ms after which it is noted anew that a server listens: not with each message. */
const noteInterval = 24 * 3600_000;

export interface ListeningStores {
  readonly listeningServers: ListeningServerStore;
}

/**
 * The servers that must hear of a local user's device list. As long as rooms do not federate: those whose users have
 * exchanged to-device messages with the user, or that have asked for the list, within 30 days.
 */
export function audience(
  { listeningServers }: { readonly listeningServers: Reading<ListeningServerStore> },
  userId: UserId,
): Promise<ServerName[]> {
  return listeningServers.listServers(userId);
}

/** Inside a unit that shares the user: the server listens from now on, for longer than `promisedTime`. */
export async function noteListening(
  { listeningServers }: ListeningStores,
  userId: UserId,
  server: ServerName,
  now: number,
): Promise<void> {
  const heardAt = await listeningServers.findHeardAt(userId, server);
  if (heardAt !== undefined && heardAt > now - noteInterval) return;
  await listeningServers.put(userId, server, now);
}

/** Who has not been heard of for 30 days hears no more. */
export async function forgetListeners(deps: {
  readonly unitOfWork: UnitOfWork<ListeningStores>;
  readonly clock: Clock;
}): Promise<void> {
  const before = deps.clock.now() - listeningTime;
  await deps.unitOfWork.run({}, ({ listeningServers }) => listeningServers.forgetBefore(before));
}
