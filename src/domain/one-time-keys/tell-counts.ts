import type { DeviceOwner } from "../kernel/requester.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { FallbackKeyStore } from "./fallback-key-store.ts";
import type { OneTimeKeyStore } from "./one-time-key-store.ts";

/** What a device must know of its keys here, so that it refills them in time (rule S1). */
export interface KeyCounts {
  /** Unissued one-time keys per algorithm. */
  readonly oneTimeKeys: Readonly<Record<string, number>>;
  /** Algorithms whose fallback key has not been handed out. */
  readonly unusedFallbackKeys: readonly string[];
}

/** Every client counts keys of this algorithm: it is named also when there are none (rules K10, S1). */
const alwaysTold = "signed_curve25519";

export function toldCounts(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([[alwaysTold, 0], ...counts]);
}

export async function findKeyCounts(
  stores: { readonly oneTimeKeys: Reading<OneTimeKeyStore>; readonly fallbackKeys: Reading<FallbackKeyStore> },
  owner: DeviceOwner,
): Promise<KeyCounts> {
  return {
    oneTimeKeys: toldCounts(await stores.oneTimeKeys.countPool(owner)),
    unusedFallbackKeys: await stores.fallbackKeys.listUnusedAlgorithms(owner),
  };
}
