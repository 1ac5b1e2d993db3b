import type { DeviceOwner } from "../kernel/requester.ts";
import type { AppserviceQueueStore } from "./appservice-queue-store.ts";
import type { Appservices } from "./appservices.ts";

export interface QueueingStores {
  readonly appserviceQueue: AppserviceQueueStore;
}

/**
 * Inside a unit, after the change: the key counts of these devices have changed, and appservices that encrypt for them
 * hear of it in a transaction (rule C8), if the unit wakes the owners.
 *
 * @param now ms since the epoch
 */
export async function queueKeyCounts(
  stores: QueueingStores,
  appservices: Appservices,
  owners: readonly DeviceOwner[],
  now: number,
): Promise<void> {
  for (const appservice of appservices.all) {
    if (!appservice.encrypts) continue;
    const covered = owners.filter(({ userId }) => appservice.covers(userId));
    if (covered.length > 0) await stores.appserviceQueue.noteCounts(appservice.id, covered, now);
  }
}
