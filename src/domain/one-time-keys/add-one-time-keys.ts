import type { OneTimeKey } from "../../protocol/keys/one-time-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { OneTimeKeyStore } from "./one-time-key-store.ts";

/** More issued keys than a client holds private keys for (rule K5). */
const rememberedIssuedKeys = 5000;

/** Looking through a device's issued keys costs; it is done once in this many keys, whoever uploads them. */
const keysBetweenLooks = 1024;

/**
 * Inside a unit: adds those keys that are new. A key that is in the pool or was issued, under whatever id, is accepted
 * and not stored (rules K3, K5).
 *
 * @returns how many were stored, and the pool's counts afterwards
 * @throws MatrixError `M_TOO_LARGE` when the pool would hold more than `limit` keys (rule K6)
 */
export async function addOneTimeKeys(
  store: OneTimeKeyStore,
  owner: DeviceOwner,
  keys: readonly OneTimeKey[],
  limit: number,
): Promise<{ added: number; counts: ReadonlyMap<string, number> }> {
  const added = await withoutKnown(store, owner, keys);
  const counts = new Map(await store.countPool(owner));
  if (added.length === 0) return { added: 0, counts };
  const pooled = sum(counts.values());
  if (pooled + added.length > limit) {
    throw new MatrixError(
      "M_TOO_LARGE",
      `This device has ${pooled} one-time keys; with ${added.length} more it would have over ${limit}`,
    );
  }
  const everStored = await store.add(owner, added);
  for (const { algorithm } of added) counts.set(algorithm, (counts.get(algorithm) ?? 0) + 1);
  if (everStored % keysBetweenLooks < added.length) {
    const algorithms = [...new Set(added.map((key) => key.algorithm))];
    await store.forgetIssued(owner, algorithms, rememberedIssuedKeys);
  }
  return { added: added.length, counts };
}

async function withoutKnown(
  store: OneTimeKeyStore,
  owner: DeviceOwner,
  keys: readonly OneTimeKey[],
): Promise<OneTimeKey[]> {
  if (keys.length === 0) return [];
  const seen = new Set(await store.listKnownDigests(owner, keys));
  return keys.filter((key) => {
    const digest = key.digest.toString("hex");
    if (seen.has(digest)) return false;
    // The same public key twice in one request is one key.
    seen.add(digest);
    return true;
  });
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
