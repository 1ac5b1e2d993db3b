import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { TrackingStores } from "./mark-stale.ts";

/**
 * These lists are fetched later than they are due.
 *
 * @param times by user: the earliest time, in ms since the epoch
 */
export async function putOffResyncs(
  unitOfWork: UnitOfWork<TrackingStores>,
  times: ReadonlyMap<UserId, number>,
): Promise<void> {
  if (times.size === 0) return;
  const userIds = [...times.keys()];
  await unitOfWork.run({ exclusive: userIds }, async ({ remoteDeviceLists }) => {
    for (const list of await remoteDeviceLists.listLists(userIds)) {
      const earliest = times.get(list.userId) ?? 0;
      if (list.nextResyncAt === undefined || list.nextResyncAt >= earliest) continue;
      await remoteDeviceLists.put({ ...list, nextResyncAt: earliest });
    }
  });
}
