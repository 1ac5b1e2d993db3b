import { serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import type { RemoteFailure } from "../federation-out/remote-answer.ts";
import type { RemoteServers } from "../federation-out/remote-servers.ts";
import type { Clock } from "../kernel/clock.ts";
import type { FederationObserver } from "../kernel/observer.ts";
import type { Random } from "../kernel/random.ts";
import type { Commit, UnitOfWork } from "../kernel/unit-of-work.ts";
import { unlessAborted } from "../kernel/unless-aborted.ts";
import { announceRemoteChange, type UpdatingStores } from "./announce-remote-change.ts";
import { givenUp } from "./given-up.ts";
import { type FetchedDeviceList, parseDeviceList } from "./parse-device-list.ts";
import type { RemoteDeviceList, RemoteUserKeys } from "./remote-device-list-store.ts";
import { retryTime, soonAfter } from "./resync-time.ts";

export interface ResyncDeps {
  readonly remoteServers: Pick<RemoteServers, "getUserDevices">;
  readonly unitOfWork: UnitOfWork<UpdatingStores>;
  readonly clock: Clock;
  readonly random: Random;
  readonly federationObserver: Pick<FederationObserver, "deviceListFetched" | "remoteKeysDropped">;
}

/** Ms after which a server is asked once more whether it tells of changes. */
const askedAgainAfter = 3600_000;

/** `gone`: it is not tried again. */
export type ResyncOutcome = "fetched" | "failed" | "gone";

/**
 * Fetches the device list of another server's user, and puts it in the place of what is known (docs/decisions/0015). The
 * caller sees to it that this runs once at a time for a user.
 *
 * @param begun the list as it was read when this began: what has happened to it since makes it due again
 * @param timeout ms that the server has to answer
 * @param signal ends it at once, without a change
 * @returns `undefined` when it was ended
 */
export async function resyncDeviceList(
  deps: ResyncDeps,
  begun: RemoteDeviceList,
  timeout: number,
  signal: AbortSignal,
): Promise<ResyncOutcome | undefined> {
  const { userId } = begun;
  const fetching = deps.remoteServers.getUserDevices(serverNameOf(userId), userId, timeout);
  // The request itself never rejects.
  const answer = await unlessAborted(fetching, signal).catch(() => undefined);
  if (!answer) return undefined;
  const fetched = answer.body && (await parseDeviceList(answer.body, userId, deps.clock));
  const outcome = await deps.unitOfWork.run({ exclusive: [userId] }, async (stores, commit) => {
    const list = await stores.remoteDeviceLists.findList(userId);
    if (!list) return "fetched";
    if (fetched) return takeFetched(deps, stores, commit, begun, list, fetched);
    return takeFailure(deps, stores, commit, list, answer.failure);
  });
  if (fetched && fetched.dropped > 0) deps.federationObserver.remoteKeysDropped(fetched.dropped);
  deps.federationObserver.deviceListFetched(outcome);
  return outcome;
}

async function takeFetched(
  { clock, random }: ResyncDeps,
  stores: UpdatingStores,
  commit: Commit,
  begun: RemoteDeviceList,
  list: RemoteDeviceList,
  { streamId, keys, followedUntil }: FetchedDeviceList,
): Promise<ResyncOutcome> {
  const { remoteDeviceLists } = stores;
  const now = clock.now();
  const next = { userId: list.userId, streamId, attempts: 0, usedAt: list.usedAt };
  if (isUntouched(list, begun)) {
    const nextResyncAt = renewalTime(begun, followedUntil, now);
    await remoteDeviceLists.put({ ...next, isFresh: true, followedUntil, nextResyncAt });
    await takeKeys(stores, commit, list, keys);
    return "fetched";
  }
  // What was told meanwhile may be in the answer, or not.
  const nextResyncAt = soonAfter(now, random);
  if (begun.isFresh) {
    await remoteDeviceLists.put({ ...list, attempts: 0, nextResyncAt });
  } else {
    await remoteDeviceLists.put({ ...next, isFresh: false, followedUntil: undefined, nextResyncAt });
    await takeKeys(stores, commit, list, keys);
  }
  return "fetched";
}

/**
 * A server that promises does not do so while it cannot reach this one (docs/decisions/0015). So it is asked once more
 * where it has promised before, or may have been seen at a bad moment. One that does not promise then never does.
 */
function renewalTime(begun: RemoteDeviceList, followedUntil: number | undefined, now: number): number | undefined {
  if (followedUntil !== undefined) return now + Math.floor((followedUntil - now) / 2);
  const wasAskedTwice = begun.isFresh && begun.followedUntil === undefined;
  return wasAskedTwice ? undefined : now + askedAgainAfter;
}

/** Each update that comes changes one of these, also one that is not taken. */
function isUntouched(list: RemoteDeviceList, begun: RemoteDeviceList): boolean {
  return list.streamId === begun.streamId && list.isFresh === begun.isFresh && list.nextResyncAt === begun.nextResyncAt;
}

/**
 * A fresh list whose renewal fails is not known to be fresh any more, unless its server was not asked: with an answer that
 * got lost it may have counted changes as told.
 */
async function takeFailure(
  { clock, random }: ResyncDeps,
  stores: UpdatingStores,
  commit: Commit,
  list: RemoteDeviceList,
  failure: RemoteFailure | undefined,
): Promise<ResyncOutcome> {
  const now = clock.now();
  if (!failure || !isRefusal(failure)) {
    const isFresh = list.isFresh && failure?.kind === "spared";
    const followedUntil = isFresh ? list.followedUntil : undefined;
    const attempts = list.attempts + 1;
    const nextResyncAt = retryTime(now, attempts, random);
    await stores.remoteDeviceLists.put({ ...list, isFresh, followedUntil, attempts, nextResyncAt });
    return "failed";
  }
  await stores.remoteDeviceLists.put(givenUp(list, now));
  if (failure.errcode === "M_NOT_FOUND") await replaceKeys(stores, commit, list.userId, noKeys);
  return "gone";
}

/** A 404 without an errcode is of something in between, or of a server that is being put up. */
function isRefusal({ kind, status, errcode }: RemoteFailure): boolean {
  if (kind !== "status") return false;
  return status === 403 || (status === 404 && (errcode === "M_NOT_FOUND" || errcode === "M_UNRECOGNIZED"));
}

const noKeys: RemoteUserKeys = { devices: [], crossSigningKeys: [] };

/** Who asked before the list was kept may know keys that are gone, and was not told: the first time all are told. */
async function takeKeys(
  stores: UpdatingStores,
  commit: Commit,
  { userId, streamId }: RemoteDeviceList,
  keys: RemoteUserKeys,
): Promise<void> {
  const isReplaced = await replaceKeys(stores, commit, userId, keys);
  if (!isReplaced && streamId === undefined) await announceRemoteChange(stores, commit, userId);
}

/** Tells whoever hears of the user, where something is not as it was. @returns whether it is not */
async function replaceKeys(
  stores: UpdatingStores,
  commit: Commit,
  userId: UserId,
  keys: RemoteUserKeys,
): Promise<boolean> {
  const known = (await stores.remoteDeviceLists.listKeys([userId])).get(userId) ?? noKeys;
  if (isSame(textsOf(known), textsOf(keys))) return false;
  await stores.remoteDeviceLists.replaceKeys(userId, keys);
  await announceRemoteChange(stores, commit, userId);
  return true;
}

function textsOf({ devices, crossSigningKeys }: RemoteUserKeys): Map<string, string> {
  return new Map([
    ...devices.map(({ deviceId, rendered }): [string, string] => [`device ${deviceId}`, rendered]),
    ...crossSigningKeys.map(({ usage, rendered }): [string, string] => [`key ${usage}`, rendered]),
  ]);
}

function isSame(texts: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): boolean {
  return texts.size === others.size && [...texts].every(([name, text]) => others.get(name) === text);
}
