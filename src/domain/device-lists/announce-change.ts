import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { AudienceStore } from "./audience-store.ts";
import type { DeviceListStore } from "./device-list-store.ts";

export interface AnnouncingStores {
  readonly deviceLists: DeviceListStore;
  readonly audience: AudienceStore;
}

/** Inside a unit: the user's devices, device keys or public cross-signing keys have changed (rule X6). */
export async function announceDeviceListChange(
  stores: AnnouncingStores,
  commit: Commit,
  userId: UserId,
): Promise<void> {
  await stores.deviceLists.recordChange(userId, "public");
  commit.wake(...(await stores.audience.listAudience(userId)));
}

/** Inside a unit: something changed that the user's own devices alone can see (rules Q3, X6). */
export async function announceOwnChange(
  stores: Pick<AnnouncingStores, "deviceLists">,
  commit: Commit,
  userId: UserId,
): Promise<void> {
  await stores.deviceLists.recordChange(userId, "own");
  commit.wake(userId);
}
