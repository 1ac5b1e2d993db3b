import { parseServerKeys } from "../../protocol/federation/server-keys-object.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { KeyPurpose, KeyServers } from "./key-servers.ts";
import { type ServerKeyStores, type StoreServerKeysDeps, storeServerKeys } from "./store-server-keys.ts";

export interface FetchServerKeysDeps extends StoreServerKeysDeps {
  readonly snapshots: Snapshots<ServerKeyStores>;
  readonly keyServers: KeyServers;
}

/** Who makes this server fetch keys. */
export interface KeySeeker {
  readonly purpose: KeyPurpose;
  /** Whether it may make this server ask one it knows nothing of; asked for each of them. May throw what it is to be told. */
  mayMeet(): boolean;
}

/** Ms in which a server is not asked again: anybody can make up the id of a key of any server. */
const leastInterval = 10_000;

/**
 * Asks a server for its keys and stores them, unless that was done a moment ago.
 *
 * @returns whether the store is now as fresh as it gets; false: the server gives no keys, or was not to be asked
 * @throws what `mayMeet` throws
 */
export async function fetchServerKeys(
  deps: FetchServerKeysDeps,
  server: ServerName,
  seeker: KeySeeker,
): Promise<boolean> {
  const stored = await deps.snapshots.ask(({ serverKeys }) => serverKeys.findObject(server));
  const now = deps.clock.now();
  if (stored && stored.fetchedAt <= now && stored.fetchedAt > now - leastInterval) return true;
  if (!stored && !seeker.mayMeet()) return false;
  const { body } = await deps.keyServers.fetchKeys(server, stored !== undefined, seeker.purpose);
  const object = parseServerKeys(body, server);
  if (object === undefined) return false;
  await storeServerKeys(deps, server, object, "itself");
  return true;
}
