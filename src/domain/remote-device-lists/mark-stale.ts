import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Random } from "../kernel/random.ts";
import type { Commit, UnitOfWork } from "../kernel/unit-of-work.ts";
import { isGivenUp, mayBeTriedAnew } from "./given-up.ts";
import type { RemoteDeviceList, RemoteDeviceListStore } from "./remote-device-list-store.ts";
import { soonAfter } from "./resync-time.ts";

export interface TrackingStores {
  readonly remoteDeviceLists: RemoteDeviceListStore;
}

export interface MarkStaleDeps {
  readonly unitOfWork: UnitOfWork<TrackingStores>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Something speaks against what is known of these users of other servers: an unknown device in a claim, a key that is
 * not what the list says. Their lists are fetched again, those that are kept.
 */
export async function markStale(deps: MarkStaleDeps, userIds: readonly UserId[]): Promise<void> {
  if (userIds.length === 0) return;
  await deps.unitOfWork.run({ exclusive: userIds }, async (stores, commit) => {
    const now = deps.clock.now();
    for (const list of await stores.remoteDeviceLists.listLists(userIds)) {
      await noteStale(deps, stores, commit, list, now);
    }
  });
}

/** Inside a unit that has the user exclusively: the list is not what its server has, and is to be fetched. */
export async function noteStale(
  { random }: { readonly random: Random },
  { remoteDeviceLists }: TrackingStores,
  commit: Commit,
  list: RemoteDeviceList,
  now: number,
): Promise<void> {
  if (isGivenUp(list) && !mayBeTriedAnew(list, now)) return;
  // A fetch may be under way that has read the list before this happened: it sees that the time is another one.
  const earlier = list.isFresh ? undefined : list.nextResyncAt;
  if (earlier !== undefined) return remoteDeviceLists.put({ ...list, nextResyncAt: earlier - 1 });
  const nextResyncAt = soonAfter(now, random);
  await remoteDeviceLists.put({ ...list, isFresh: false, followedUntil: undefined, attempts: 0, nextResyncAt });
  commit.wake(list.userId);
}
