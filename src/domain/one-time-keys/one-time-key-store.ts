import type { OneTimeKey } from "../../protocol/keys/one-time-key.ts";
import type { DeviceOwner } from "../kernel/requester.ts";

/** A key as it is handed out. */
export interface IssuedKey {
  /** The whole `algorithm:id`. */
  readonly keyId: string;
  /** Canonical JSON of the key object. */
  readonly json: string;
}

/** One key of a device is wanted. */
export interface WantedKey {
  readonly target: DeviceOwner;
  readonly algorithm: string;
}

/** A key of the pool. */
export interface PoolKey extends IssuedKey {
  readonly digest: Buffer;
}

/**
 * One-time keys: each is handed out at most once (rule C1). "Pool": the device's unissued keys. The public key of every
 * key that enters a pool is remembered with it, and stays so when the key is taken (rule K5): taking is one change.
 */
export interface OneTimeKeyStore {
  /**
   * Takes for each wanted key the one of the pool that was uploaded first (rule C2); `undefined` where the pool has
   * none left of the algorithm. Who is wanted several times gets as many different keys.
   */
  takeAll(wanted: readonly WantedKey[]): Promise<(IssuedKey | undefined)[]>;
  /** Unissued keys per algorithm; an algorithm without any is absent. */
  countPool(owner: DeviceOwner): Promise<ReadonlyMap<string, number>>;
  /** The keys of the pool with these ids. */
  listPoolKeys(owner: DeviceOwner, keyIds: readonly string[]): Promise<PoolKey[]>;
  /** Digests, as hex, of those of `keys` whose public key is in the pool or was issued. */
  listKnownDigests(owner: DeviceOwner, keys: readonly OneTimeKey[]): Promise<ReadonlySet<string>>;
  /**
   * Adds keys whose ids are not in the pool and whose digests are not known.
   * @returns how many keys this server has ever stored, these included
   */
  add(owner: DeviceOwner, keys: readonly OneTimeKey[]): Promise<number>;
  /** Forgets the oldest issued keys of these algorithms, but keeps at least the newest `kept` of each (rule K5). */
  forgetIssued(owner: DeviceOwner, algorithms: readonly string[], kept: number): Promise<void>;
  /** Removes the unissued keys; what was issued stays remembered (rule K9). */
  removePool(owner: DeviceOwner): Promise<void>;
  /** Removes everything, what was issued is forgotten (rule S4). */
  removeAll(owner: DeviceOwner): Promise<void>;
  /** Empties every pool of the server; its keys stay remembered (rule E5). Resolves to the number of keys dropped. */
  retireAllPools(): Promise<number>;
}
