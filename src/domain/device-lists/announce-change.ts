import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { FederationQueueStore } from "../federation-out/federation-queue-store.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { audience, type ListeningStores } from "./audience.ts";
import type { AudienceStore } from "./audience-store.ts";
import type { DeviceListStore } from "./device-list-store.ts";

export interface AnnouncingStores extends ListeningStores {
  readonly deviceLists: DeviceListStore;
  readonly audience: AudienceStore;
  readonly federationQueue: FederationQueueStore;
}

/** What others are to fetch anew of a local user: devices, or the public cross-signing keys. */
export type ChangedKeys = DeviceId | "cross-signing keys";

/**
 * Inside a unit that has the user exclusively: devices, device keys or public cross-signing keys of a local user have
 * changed (rule X6). Users here are woken, and other servers are told what has changed.
 */
export async function announceDeviceListChange(
  stores: AnnouncingStores,
  commit: Commit,
  userId: UserId,
  ...changed: ChangedKeys[]
): Promise<void> {
  await stores.deviceLists.recordChange(userId, "public");
  commit.wake(...(await stores.audience.listAudience(userId)));
  const servers = await audience(stores, userId);
  if (servers.length === 0) return;
  for (const one of changed) {
    await stores.federationQueue.noteChange(servers, userId, one === "cross-signing keys" ? undefined : one);
  }
  commit.wake(...servers);
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
