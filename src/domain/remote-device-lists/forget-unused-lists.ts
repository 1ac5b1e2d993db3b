import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { announceRemoteChange, type UpdatingStores } from "./announce-remote-change.ts";

/** Ms for which a list is kept that nobody here needs. */
const keptFor = 60 * 24 * 3600_000;
/** Lists in one unit: each is named in its scope. */
const portion = 100;

/**
 * Forgets the device lists of other servers' users whom nobody here has exchanged messages with, or asked for, for 60 days.
 * Nobody tells of their changes from now on. So whoever hears of them is told that they have changed, once: a client that
 * needs the keys asks for them, and is not left with what it has.
 */
export async function forgetUnusedLists(deps: {
  readonly unitOfWork: UnitOfWork<UpdatingStores>;
  readonly clock: Clock;
}): Promise<void> {
  const before = deps.clock.now() - keptFor;
  for (let listed = portion; listed === portion; ) listed = await forgetSome(deps.unitOfWork, before);
}

/** @returns how many were looked at */
async function forgetSome(unitOfWork: UnitOfWork<UpdatingStores>, before: number): Promise<number> {
  const listed = await unitOfWork.run({}, ({ remoteDeviceLists }) => remoteDeviceLists.listUnused(before, portion));
  if (listed.length === 0) return 0;
  await unitOfWork.run({ exclusive: listed }, async (stores, commit) => {
    const lists = await stores.remoteDeviceLists.listLists(listed);
    const unused = lists.filter(({ usedAt }) => usedAt < before).map(({ userId }) => userId);
    await stores.remoteDeviceLists.remove(unused);
    for (const userId of unused) await announceRemoteChange(stores, commit, userId);
  });
  return listed.length;
}
