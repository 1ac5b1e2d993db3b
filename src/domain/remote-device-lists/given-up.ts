import type { RemoteDeviceList } from "./remote-device-list-store.ts";

/** Ms for which a list is left alone that its server does not give (403), or does not know (404). */
const givenUpTime = 24 * 3600_000;

/** The list after its server has refused it: nothing is to be fetched. */
export function givenUp(list: RemoteDeviceList, now: number): RemoteDeviceList {
  const { userId, attempts, usedAt } = list;
  const followedUntil = now + givenUpTime;
  return {
    userId,
    streamId: undefined,
    isFresh: false,
    followedUntil,
    attempts: attempts + 1,
    nextResyncAt: undefined,
    usedAt,
  };
}

export function isGivenUp(list: RemoteDeviceList): boolean {
  return !list.isFresh && list.nextResyncAt === undefined;
}

/** Whether a list that was given up may be tried anew: at most once a day. */
export function mayBeTriedAnew(list: RemoteDeviceList, now: number): boolean {
  return isGivenUp(list) && (list.followedUntil ?? 0) <= now;
}
