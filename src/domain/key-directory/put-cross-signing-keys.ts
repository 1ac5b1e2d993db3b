import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningKey } from "../../protocol/keys/cross-signing-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { CrossSigningKeyStore, StoredCrossSigningKey } from "../cross-signing/cross-signing-key-store.ts";
import { type AnnouncingStores, announceDeviceListChange, announceOwnChange } from "../device-lists/announce-change.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { type RenderingStores, renderDeviceKeys } from "./render-device-keys.ts";

export type PuttingStores = AnnouncingStores & RenderingStores & { readonly crossSigningKeys: CrossSigningKeyStore };

/**
 * Inside a unit: stores the keys that are new, and removes what hung on those that they replace (rule X4).
 * @throws MatrixError 403 `M_FORBIDDEN` when a key is named like one of the user's devices (rule K11)
 */
export async function putCrossSigningKeys(
  stores: PuttingStores,
  commit: Commit,
  userId: UserId,
  stored: readonly StoredCrossSigningKey[],
  keys: readonly CrossSigningKey[],
): Promise<void> {
  for (const key of keys) await refuseNameOfDevice(stores, userId, key);
  const isStored = ({ usage, publicKey }: CrossSigningKey) =>
    stored.some((old) => old.usage === usage && old.publicKey === publicKey);
  const newMaster = keys.some((key) => key.usage === "master" && !isStored(key));
  // A key that is kept under a new master key now carries that one's signature.
  const changed = keys.filter((key) => newMaster || !isStored(key));
  const unsigned: DeviceId[] = [];
  for (const old of stored) {
    const replaced = changed.some((key) => key.usage === old.usage && key.publicKey !== old.publicKey);
    const orphaned = newMaster && !keys.some((key) => key.usage === old.usage);
    if (replaced || orphaned) unsigned.push(...(await removeKey(stores, userId, old)));
  }
  for (const { usage, publicKey, json } of changed) {
    await stores.crossSigningKeys.put(userId, { usage, publicKey, json }, json);
  }
  const isOwnAffair = changed.every((key) => key.usage === "user_signing");
  if (isOwnAffair) await announceOwnChange(stores, commit, userId);
  else await announceDeviceListChange(stores, commit, userId, "cross-signing keys", ...unsigned);
}

async function refuseNameOfDevice(stores: PuttingStores, userId: UserId, key: CrossSigningKey): Promise<void> {
  const deviceId = requireDeviceId(key.publicKey, `${key.usage}_key`);
  if (await stores.knownDevices.hasDevice({ userId, deviceId })) {
    throw new MatrixError("M_FORBIDDEN", `${key.usage}_key: a device of this user has the same name as this key`);
  }
}

/**
 * The signatures on the key and those that it made go with it.
 * @returns the user's devices that it had signed
 */
async function removeKey(stores: PuttingStores, userId: UserId, key: StoredCrossSigningKey): Promise<DeviceId[]> {
  await stores.crossSigningKeys.remove(userId, key.usage);
  await stores.keySignatures.removeOn({ userId, key: key.publicKey });
  const signed = await stores.keySignatures.removeMadeBy(userId, `ed25519:${key.publicKey}`);
  const devices = signed.filter((target) => target.userId === userId).map(({ key }) => requireDeviceId(key, "device"));
  // A self-signing key signs devices: their served text still shows it.
  for (const deviceId of devices) await renderDeviceKeys(stores, { userId, deviceId });
  return devices;
}
