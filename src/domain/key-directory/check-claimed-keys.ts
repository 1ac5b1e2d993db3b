import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject } from "../../protocol/json.ts";
import { signatureOf, signingBytes } from "../../protocol/signed-json.ts";
import type { SignatureCheck, SignatureVerifier } from "../kernel/signature-verifier.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";
import { type MarkStaleDeps, markStale } from "../remote-device-lists/mark-stale.ts";
import type { ClaimedKeys } from "./claimed-keys.ts";
import { type CachedStores, listCachedKeys } from "./list-cached-keys.ts";

export interface CheckClaimedKeysDeps extends MarkStaleDeps {
  readonly snapshots: Snapshots<CachedStores>;
  readonly signatureVerifier: SignatureVerifier;
}

/** Signatures: each begins with some work on the event loop. */
const checksAtOnce = 50;

/**
 * Holds what other servers have answered to claims against the device lists that are thought to be fresh. A list without
 * a device that somebody claims a key of, or with an identity that has not signed the key, is not: it is fetched anew.
 * The key is given all the same, for it may be the list that is wrong.
 */
export async function checkClaimedKeys(
  deps: CheckClaimedKeysDeps,
  claimed: ClaimedKeys,
  giveWay: () => Promise<void>,
): Promise<void> {
  const suspects = new Set<UserId>();
  const checks: (SignatureCheck & { readonly userId: UserId })[] = [];
  for (const [userId, { list, keys }] of await listCachedKeys(deps.snapshots, [...claimed.keys()])) {
    if (!list.isFresh) continue;
    const identities = new Map(keys.devices.map(({ deviceId, ed25519 }) => [deviceId, ed25519]));
    for (const [deviceId, key] of claimed.get(userId) ?? []) {
      await giveWay();
      if (!identities.has(deviceId)) suspects.add(userId);
      const check = key && signatureCheck(userId, deviceId, key, identities.get(deviceId));
      if (check) checks.push({ ...check, userId });
    }
  }
  for (let start = 0; start < checks.length; start += checksAtOnce) {
    const some = checks.slice(start, start + checksAtOnce);
    const verdicts = await deps.signatureVerifier.verify(some);
    for (const [index, { userId }] of some.entries()) if (!verdicts[index]) suspects.add(userId);
  }
  if (suspects.size > 0) await markStale(deps, [...suspects]);
}

/** Keys of some algorithms are bare strings, which nobody has signed. */
function signatureCheck(
  userId: UserId,
  deviceId: DeviceId,
  { json }: IssuedKey,
  publicKey: string | undefined,
): SignatureCheck | undefined {
  const object: unknown = JSON.parse(json);
  if (publicKey === undefined || !isJsonObject(object)) return undefined;
  const signature = signatureOf(object, userId, `ed25519:${deviceId}`) ?? "";
  return { bytes: signingBytes(object), signature, publicKey };
}
