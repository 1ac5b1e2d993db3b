import { requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { requireRegisteredUser } from "../appservices/require-registered-user.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import { type AnnouncingStores, announceDeviceListChange } from "../device-lists/announce-change.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Clock } from "../kernel/clock.ts";
import type { DeviceOwner, Requester } from "../kernel/requester.ts";
import type { Commit, UnitOfWork } from "../kernel/unit-of-work.ts";
import { type RenderingStores, renderDeviceKeys } from "../key-directory/render-device-keys.ts";
import { canBeSeen } from "./can-be-seen.ts";
import { requireDisplayName } from "./display-name.ts";
import { type EnsuringStores, ensureDevice } from "./ensure-device.ts";
import { unknownDevice } from "./get-devices.ts";

export interface UpdateDeviceDeps {
  readonly unitOfWork: UnitOfWork<AnnouncingStores & RenderingStores & EnsuringStores & { accounts: ActiveAccounts }>;
  readonly appservices: Appservices;
  readonly clock: Clock;
}

export interface DeviceUpdate {
  /** As the client names it. */
  readonly deviceId: string;
  /** `undefined`: the name stays. */
  readonly displayName: string | undefined;
  /** The caller's address. */
  readonly ip: string;
}

/**
 * Renames one of the requester's devices. The name stands in its device keys (rule Q2), so others hear of it.
 * For an appservice it makes a device that does not exist (MSC4190).
 *
 * @throws MatrixError 404 `M_NOT_FOUND`, `M_INVALID_PARAM` (rule K11 too), `M_TOO_LARGE`, 403 `M_FORBIDDEN` when the user
 * has too many devices
 */
export async function updateDevice(
  deps: UpdateDeviceDeps,
  requester: Requester,
  update: DeviceUpdate,
): Promise<"created" | "updated"> {
  const owner = { userId: requester.userId, deviceId: requireDeviceId(update.deviceId, "deviceId") };
  const displayName =
    update.displayName === undefined ? undefined : requireDisplayName(update.displayName, "display_name");
  const seen = { at: deps.clock.now(), ip: update.ip };
  return deps.unitOfWork.run({ exclusive: [owner.userId] }, async (stores, commit) => {
    await requireRequestingDevice(stores, requester);
    const device = await stores.devices.findDevice(owner);
    if (!device) {
      if (requester.appserviceId === undefined) throw unknownDevice();
      await requireRegisteredUser(stores, owner.userId);
      await ensureDevice(stores, owner, displayName, seen);
      await announceIfSeen(deps, stores, commit, owner);
      return "created";
    }
    if (displayName === undefined || displayName === device.displayName) return "updated";
    await stores.devices.rename(owner, displayName);
    await renderDeviceKeys(stores, owner);
    await announceIfSeen(deps, stores, commit, owner);
    return "updated";
  });
}

async function announceIfSeen(
  deps: UpdateDeviceDeps,
  stores: AnnouncingStores & RenderingStores,
  commit: Commit,
  owner: DeviceOwner,
): Promise<void> {
  if (!(await canBeSeen(deps, stores, owner))) return;
  await announceDeviceListChange(stores, commit, owner.userId, owner.deviceId);
}
