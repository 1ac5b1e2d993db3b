import { serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { mayBeTriedAnew } from "./given-up.ts";
import type { TrackingStores } from "./mark-stale.ts";
import { isUseNews } from "./note-use.ts";

/** Lists of one server's users: it may make up as many users as it likes. */
const mostOfServer = 10_000;

/**
 * Inside a unit, after a local user and this user of another server have exchanged to-device messages: from now on its
 * device list is kept, and fetched at once. A list that its server has refused is tried anew once a day at most, and where
 * a server has too many lists, further ones are not kept: whoever needs one asks its server.
 * Of two units at the same moment the later one may have the list fetched once more.
 *
 * @param now ms since the epoch
 */
export async function trackRemoteUser(
  { remoteDeviceLists }: TrackingStores,
  commit: Commit,
  userId: UserId,
  now: number,
): Promise<void> {
  const list = await remoteDeviceLists.findList(userId);
  if (list && isUseNews(list, now)) await remoteDeviceLists.markUsed([userId], now);
  if (list && !mayBeTriedAnew(list, now)) return;
  if (!list && (await remoteDeviceLists.countLists(serverNameOf(userId), mostOfServer)) >= mostOfServer) return;
  const unknown = { streamId: undefined, isFresh: false, followedUntil: undefined };
  await remoteDeviceLists.put({ userId, ...unknown, attempts: 0, nextResyncAt: now, usedAt: now });
  commit.wake(userId);
}
