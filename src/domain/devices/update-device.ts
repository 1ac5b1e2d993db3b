import { requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { type AnnouncingStores, announceDeviceListChange } from "../device-lists/announce-change.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { type RenderingStores, renderDeviceKeys } from "../key-directory/render-device-keys.ts";
import type { DeviceStore } from "./device-store.ts";
import { requireDisplayName } from "./display-name.ts";
import { unknownDevice } from "./get-devices.ts";

export interface UpdateDeviceDeps {
  readonly unitOfWork: UnitOfWork<AnnouncingStores & RenderingStores & { devices: DeviceStore }>;
}

export interface DeviceUpdate {
  /** As the client names it. */
  readonly deviceId: string;
  /** `undefined`: the name stays. */
  readonly displayName: string | undefined;
}

/**
 * Renames one of the requester's devices. The name stands in its device keys (rule Q2), so others hear of it.
 * @throws MatrixError 404 `M_NOT_FOUND`, `M_INVALID_PARAM`, `M_TOO_LARGE`
 */
export async function updateDevice(deps: UpdateDeviceDeps, requester: Requester, update: DeviceUpdate): Promise<void> {
  const owner = { userId: requester.userId, deviceId: requireDeviceId(update.deviceId, "deviceId") };
  const displayName =
    update.displayName === undefined ? undefined : requireDisplayName(update.displayName, "display_name");
  await deps.unitOfWork.run({ exclusive: [owner.userId] }, async (stores, commit) => {
    await requireRequestingDevice(stores, requester);
    const device = await stores.devices.findDevice(owner);
    if (!device) throw unknownDevice();
    if (displayName === undefined || displayName === device.displayName) return;
    await stores.devices.rename(owner, displayName);
    await renderDeviceKeys(stores, owner);
    if (await stores.deviceKeys.findDeviceKeys(owner)) await announceDeviceListChange(stores, commit, owner.userId);
  });
}
