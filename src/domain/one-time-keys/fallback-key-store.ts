import type { OneTimeKey } from "../../protocol/keys/one-time-key.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { IssuedKey, WantedKey } from "./one-time-key-store.ts";

export interface UsedKey extends IssuedKey {
  /** Nobody has been given it before. */
  readonly firstUse: boolean;
}

/** Fallback keys (MSC2732): one per device and algorithm, handed out again and again until it is replaced. */
export interface FallbackKeyStore {
  findKey(owner: DeviceOwner, algorithm: string): Promise<(IssuedKey & { readonly used: boolean }) | undefined>;
  /** Sorted; `[]` when all are used or there are none. */
  listUnusedAlgorithms(owner: DeviceOwner): Promise<string[]>;
  /** Replaces the key of its algorithm; the same key (id and public key) keeps its "used" (rule K7). */
  put(owner: DeviceOwner, key: OneTimeKey): Promise<void>;
  /** For each wanted key the fallback key, which counts as used from then on; `undefined` where there is none. */
  useAll(wanted: readonly WantedKey[]): Promise<(UsedKey | undefined)[]>;
  removeAll(owner: DeviceOwner): Promise<void>;
  /** Marks every fallback key of the server used (rule E5). */
  markAllUsed(): Promise<void>;
}
