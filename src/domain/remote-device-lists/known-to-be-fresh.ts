import type { RemoteDeviceList } from "./remote-device-list-store.ts";

/**
 * Whether a query may be answered from what is kept (rule Q4): all that the server has told was taken, and it has said
 * that it still tells (docs/decisions/0015).
 *
 * @param now ms since the epoch
 */
export function isKnownToBeFresh(list: RemoteDeviceList | undefined, now: number): boolean {
  return list?.isFresh === true && list.followedUntil !== undefined && list.followedUntil > now;
}
