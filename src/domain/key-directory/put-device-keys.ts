import { isJsonObject } from "../../protocol/json.ts";
import type { DeviceKeys } from "../../protocol/keys/device-keys.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { signingBytes } from "../../protocol/signed-json.ts";
import type { StoredDeviceKeys } from "../device-keys/device-key-store.ts";
import { type AnnouncingStores, announceDeviceListChange } from "../device-lists/announce-change.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { FallbackKeyStore } from "../one-time-keys/fallback-key-store.ts";
import type { OneTimeKeyStore } from "../one-time-keys/one-time-key-store.ts";
import { type ForgettingStores, forgetDeviceSignatures } from "./forget-device-signatures.ts";
import { type RenderingStores, renderedDeviceKeys } from "./render-device-keys.ts";

export type IdentityStores = AnnouncingStores &
  RenderingStores &
  ForgettingStores & { readonly oneTimeKeys: OneTimeKeyStore; readonly fallbackKeys: FallbackKeyStore };

export interface IdentityRules {
  /** Whether a device may come back with other identity keys (rule K9). */
  readonly identityKeys: "replaceable" | "fixed";
}

/**
 * Inside a unit: stores a device's identity and announces it. Keys that hung on an earlier identity go with it.
 *
 * @returns whether it is the same as before, or another identity was replaced
 * @throws MatrixError `M_UNKNOWN` when it may not be (rule K9)
 */
export async function putDeviceKeys(
  rules: IdentityRules,
  stores: IdentityStores,
  commit: Commit,
  owner: DeviceOwner,
  keys: DeviceKeys,
): Promise<"kept" | "stored" | "replaced"> {
  const earlier = await stores.deviceKeys.findDeviceKeys(owner);
  if (earlier?.json === keys.json) return "kept";
  const replaced = earlier !== undefined && isOtherIdentity(earlier, keys);
  if (replaced) {
    if (rules.identityKeys === "fixed") {
      throw new MatrixError("M_UNKNOWN", "This device's identity keys cannot be replaced: log in as a new device");
    }
    await stores.oneTimeKeys.removePool(owner);
    await stores.fallbackKeys.removeAll(owner);
  }
  if (replaced) await forgetDeviceSignatures(stores, owner);
  else if (earlier && !isSameSignedContent(earlier.json, keys.json)) {
    // What others have signed is no longer what is here.
    await stores.keySignatures.removeOn({ userId: owner.userId, key: owner.deviceId });
  }
  await stores.deviceKeys.put(owner, keys, await renderedDeviceKeys(stores, owner, keys));
  await announceDeviceListChange(stores, commit, owner.userId, owner.deviceId);
  return replaced ? "replaced" : "stored";
}

function isOtherIdentity(earlier: StoredDeviceKeys, keys: DeviceKeys): boolean {
  // A key that is left out is another one too: else it could be replaced in two steps.
  const differ = (one: string | undefined, other: string | undefined) => one !== undefined && one !== other;
  return differ(earlier.ed25519, keys.ed25519) || differ(earlier.curve25519, keys.curve25519);
}

function isSameSignedContent(one: string, other: string): boolean {
  return contentBytes(one).equals(contentBytes(other));
}

function contentBytes(json: string): Buffer {
  const object: unknown = JSON.parse(json);
  return signingBytes(isJsonObject(object) ? object : {});
}
