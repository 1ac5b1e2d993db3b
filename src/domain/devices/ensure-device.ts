import { MatrixError } from "../../protocol/matrix-error.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { Sighting } from "./device.ts";
import type { DeviceStore } from "./device-store.ts";

export interface EnsuringStores {
  readonly devices: DeviceStore;
  readonly crossSigningKeys: CrossSigningKeyStore;
  readonly knownDevices: KnownDevices;
}

/** Devices of one user: whoever asks for the user's keys is answered with all of them. */
const mostDevices = 1000;

/**
 * Inside a unit: makes the device unless it exists; one that exists keeps its name and its keys (rule K9). Nobody is
 * told of a new one, for devices are seen by their keys.
 *
 * @throws MatrixError 400 `M_INVALID_PARAM` when one of the user's cross-signing keys has that name (rule K11), 403
 * `M_FORBIDDEN` when the user has too many devices
 */
export async function ensureDevice(
  stores: EnsuringStores,
  owner: DeviceOwner,
  displayName: string | undefined,
  seen: Sighting,
): Promise<void> {
  if (await stores.devices.findDevice(owner)) return stores.devices.noteSeen(owner, seen);
  const keys = await stores.crossSigningKeys.listKeys(owner.userId);
  if (keys.some(({ publicKey }) => publicKey === owner.deviceId)) {
    throw new MatrixError("M_INVALID_PARAM", "device_id: one of the user's cross-signing keys has this name");
  }
  if ((await stores.knownDevices.listDeviceIds(owner.userId)).length >= mostDevices) {
    throw new MatrixError("M_FORBIDDEN", `A user has at most ${mostDevices} devices: log out of some of them`);
  }
  await stores.devices.add(owner, displayName, seen);
}
