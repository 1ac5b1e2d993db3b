import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { emptyObject } from "../../protocol/json.ts";
import type { RemoteQuery, RemoteServers } from "../federation-out/remote-servers.ts";
import type { ServerFailure } from "../federation-out/server-failure.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { FederationObserver } from "../kernel/observer.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { isKnownToBeFresh } from "../remote-device-lists/known-to-be-fresh.ts";
import { type MarkStaleDeps, markStale } from "../remote-device-lists/mark-stale.ts";
import { noteUse } from "../remote-device-lists/note-use.ts";
import type { RemoteUserKeys } from "../remote-device-lists/remote-device-list-store.ts";
import { askServers, type ServerAnswers } from "./ask-servers.ts";
import { type CachedKeys, type CachedStores, listCachedKeys } from "./list-cached-keys.ts";
import type { WantedDevices } from "./query-local-keys.ts";
import { readQueryAnswer } from "./read-query-answer.ts";

export interface FetchRemoteKeysDeps extends MarkStaleDeps {
  readonly snapshots: Snapshots<CachedStores>;
  readonly clock: Clock;
  readonly remoteServers: Pick<RemoteServers, "queryKeys">;
  readonly federationObserver: Pick<FederationObserver, "remoteKeysDropped">;
}

export interface FetchedKeys {
  /** Of every user whose server has answered, or whose device list is known to be fresh. */
  readonly current: ReadonlyMap<UserId, RemoteUserKeys>;
  /** What was known of users whose servers have failed. */
  readonly outdated: ReadonlyMap<UserId, RemoteUserKeys>;
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

type WantedOfServers = ReadonlyMap<ServerName, WantedDevices>;

/**
 * Keys of other servers' users: of those whose device lists are known to be fresh from the cache, of all others from
 * their servers, with one request to each, all at once (rule Q4).
 *
 * @param timeout ms that each server has
 */
export async function fetchRemoteKeys(
  deps: FetchRemoteKeysDeps,
  wanted: WantedOfServers,
  timeout: number,
): Promise<FetchedKeys> {
  // Most queries are of users here.
  if (wanted.size === 0) return { current: new Map(), outdated: new Map(), failures: new Map() };
  const userIds = [...wanted.values()].flatMap((users) => [...users.keys()]);
  const cached = await listCachedKeys(deps.snapshots, userIds);
  const current = new Map<UserId, RemoteUserKeys>();
  const now = deps.clock.now();
  for (const [userId, { list, keys }] of cached) if (isKnownToBeFresh(list, now)) current.set(userId, keys);
  await noteUse(
    deps,
    [...cached.values()].map(({ list }) => list),
  );
  const { found, failures } = await askForOthers(deps, wanted, current, timeout);
  for (const users of found.values()) for (const [userId, keys] of users) current.set(userId, keys);
  const outdated = new Map<UserId, RemoteUserKeys>();
  for (const [userId, { keys }] of cached) if (!current.has(userId)) outdated.set(userId, keys);
  await distrust(deps, cached, current);
  return { current, outdated, failures };
}

async function askForOthers(
  { clock, remoteServers, federationObserver }: FetchRemoteKeysDeps,
  wanted: WantedOfServers,
  known: ReadonlyMap<UserId, RemoteUserKeys>,
  timeout: number,
): Promise<ServerAnswers<ReadonlyMap<UserId, RemoteUserKeys>>> {
  const missing = new Map<ServerName, WantedDevices>();
  for (const [server, users] of wanted) {
    const others = new Map([...users].filter(([userId]) => !known.has(userId)));
    if (others.size > 0) missing.set(server, others);
  }
  const giveWay = givingWay(clock);
  return askServers(
    clock,
    missing,
    (server, users) => remoteServers.queryKeys(server, queryBody(users), timeout),
    async (body, users) => {
      const read = await readQueryAnswer(body, users, giveWay);
      if (read && read.dropped > 0) federationObserver.remoteKeysDropped(read.dropped);
      return read?.users;
    },
  );
}

function queryBody(users: WantedDevices): RemoteQuery {
  const body = emptyObject<readonly string[]>();
  for (const [userId, devices] of users) body[userId] = [...devices];
  return body;
}

/** A list that was thought to be fresh, and has a device otherwise than its server gives it, is to be fetched anew. */
async function distrust(
  deps: MarkStaleDeps,
  cached: ReadonlyMap<UserId, CachedKeys>,
  current: ReadonlyMap<UserId, RemoteUserKeys>,
): Promise<void> {
  const suspects: UserId[] = [];
  for (const [userId, { list, keys }] of cached) {
    const given = current.get(userId);
    if (list.isFresh && given && given !== keys && differs(keys, given)) suspects.push(userId);
  }
  if (suspects.length > 0) await markStale(deps, suspects);
}

function differs({ devices: cached }: RemoteUserKeys, { devices: given }: RemoteUserKeys): boolean {
  const identities = new Map(cached.map(({ deviceId, ed25519 }) => [deviceId, ed25519]));
  return given.some(({ deviceId, ed25519 }) => !identities.has(deviceId) || identities.get(deviceId) !== ed25519);
}
