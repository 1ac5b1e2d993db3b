import { renderWithSignatures } from "../../protocol/keys/render-key.ts";
import type { KeySignatureStore } from "../cross-signing/key-signature-store.ts";
import type { DeviceKeyStore, StoredDeviceKeys } from "../device-keys/device-key-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { DeviceOwner } from "../kernel/requester.ts";

export interface RenderingStores {
  readonly deviceKeys: DeviceKeyStore;
  readonly keySignatures: KeySignatureStore;
  readonly knownDevices: KnownDevices;
}

/**
 * Inside a unit, after a signature or the display name has changed: writes the served text of the device's keys anew,
 * so that a query only reads it (rule Q2). Does nothing for a device without keys.
 */
export async function renderDeviceKeys(stores: RenderingStores, owner: DeviceOwner): Promise<void> {
  const keys = await stores.deviceKeys.findDeviceKeys(owner);
  if (keys) await stores.deviceKeys.putRendered(owner, await renderedDeviceKeys(stores, owner, keys));
}

/** The text of a device's keys as everybody sees it. */
export async function renderedDeviceKeys(
  stores: Pick<RenderingStores, "keySignatures" | "knownDevices">,
  owner: DeviceOwner,
  keys: StoredDeviceKeys,
): Promise<string> {
  const signatures = await stores.keySignatures.listSignatures({ userId: owner.userId, key: owner.deviceId });
  const displayName = await stores.knownDevices.findDisplayName(owner);
  const unsigned = displayName === undefined ? {} : { device_display_name: displayName };
  return renderWithSignatures(keys.json, signatures, unsigned);
}
