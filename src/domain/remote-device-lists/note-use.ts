import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { TrackingStores } from "./mark-stale.ts";
import type { RemoteDeviceList } from "./remote-device-list-store.ts";

/** Ms after which it is noted anew that a list is needed: not with each message. */
const noteInterval = 24 * 3600_000;

/** Lists in one statement, which names each. */
const listsAtOnce = 250;

/** Whether it is to be noted that somebody here needs the list at this time, in ms since the epoch. */
export function isUseNews({ usedAt }: RemoteDeviceList, now: number): boolean {
  return usedAt <= now - noteInterval;
}

/** Somebody here needs these lists: they are kept for longer. Nearly always that is known already, and nothing is written. */
export async function noteUse(
  deps: { readonly unitOfWork: UnitOfWork<TrackingStores>; readonly clock: Clock },
  lists: readonly RemoteDeviceList[],
): Promise<void> {
  const now = deps.clock.now();
  const userIds = lists.filter((list) => isUseNews(list, now)).map(({ userId }) => userId);
  for (let start = 0; start < userIds.length; start += listsAtOnce) {
    const some = userIds.slice(start, start + listsAtOnce);
    await deps.unitOfWork.run({}, ({ remoteDeviceLists }) => remoteDeviceLists.markUsed(some, now));
  }
}
