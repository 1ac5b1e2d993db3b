import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { AudienceStore } from "../device-lists/audience-store.ts";
import type { DeviceListStore } from "../device-lists/device-list-store.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { TrackingStores } from "./mark-stale.ts";

export interface UpdatingStores extends TrackingStores {
  readonly deviceLists: DeviceListStore;
  readonly audience: AudienceStore;
}

/** Inside a unit that has the user exclusively: keys of another server's user are others than before (rules S2, X6). */
export async function announceRemoteChange(stores: UpdatingStores, commit: Commit, userId: UserId): Promise<void> {
  await stores.deviceLists.recordChange(userId, "public");
  commit.wake(...(await stores.audience.listAudience(userId)));
}
