import type { OneTimeKey } from "../../protocol/keys/one-time-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { FallbackKeyStore } from "./fallback-key-store.ts";

/** Algorithms of a device's unused fallback keys: clients know one, and every sync names them all. */
export const mostFallbackAlgorithms = 50;

/**
 * Inside a unit: stores the fallback keys of an upload, each in place of the one of its algorithm (rule K7).
 * @throws MatrixError `M_TOO_LARGE` when the device would have too many
 */
export async function putFallbackKeys(
  store: FallbackKeyStore,
  owner: DeviceOwner,
  keys: readonly OneTimeKey[],
): Promise<void> {
  if (keys.length === 0) return;
  const algorithms = new Set(await store.listUnusedAlgorithms(owner));
  for (const { algorithm } of keys) algorithms.add(algorithm);
  if (algorithms.size > mostFallbackAlgorithms) {
    throw new MatrixError("M_TOO_LARGE", `A device has at most ${mostFallbackAlgorithms} fallback keys`);
  }
  for (const key of keys) await store.put(owner, key);
}
