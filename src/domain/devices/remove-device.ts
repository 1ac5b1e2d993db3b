import type { Appservices } from "../appservices/appservices.ts";
import type { QueueingStores } from "../appservices/queue-key-counts.ts";
import { removeTokensOfDevice, type TokenStores } from "../authentication/token-pair.ts";
import type { DeviceKeyStore } from "../device-keys/device-key-store.ts";
import { type AnnouncingStores, announceDeviceListChange } from "../device-lists/announce-change.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { type ForgettingStores, forgetDeviceSignatures } from "../key-directory/forget-device-signatures.ts";
import type { ClaimBudgetStore } from "../one-time-keys/claim-budget-store.ts";
import type { FallbackKeyStore } from "../one-time-keys/fallback-key-store.ts";
import type { OneTimeKeyStore } from "../one-time-keys/one-time-key-store.ts";
import type { SentEventStore } from "../rooms/sent-event-store.ts";
import type { ToDeviceStore } from "../to-device/to-device-store.ts";
import { canBeSeen } from "./can-be-seen.ts";
import type { DeviceStore } from "./device-store.ts";

export interface RemovingStores extends QueueingStores, AnnouncingStores, ForgettingStores, TokenStores {
  readonly claimBudgets: ClaimBudgetStore;
  readonly deviceKeys: DeviceKeyStore;
  readonly devices: DeviceStore;
  readonly fallbackKeys: FallbackKeyStore;
  readonly oneTimeKeys: OneTimeKeyStore;
  readonly sentEvents: SentEventStore;
  readonly toDevice: ToDeviceStore;
}

export interface RemovingDeps {
  readonly appservices: Appservices;
}

/** Inside a unit: the device goes, with everything that hangs on it (rule S4). Who could see it hears of it. */
export async function removeDevice(
  deps: RemovingDeps,
  stores: RemovingStores,
  commit: Commit,
  owner: DeviceOwner,
): Promise<void> {
  const wasVisible = await canBeSeen(deps, stores, owner);
  await stores.deviceKeys.remove(owner);
  await stores.fallbackKeys.removeAll(owner);
  await stores.oneTimeKeys.removeAll(owner);
  await stores.claimBudgets.removeAll(owner);
  await forgetDeviceSignatures(stores, owner);
  await stores.toDevice.removeAll(owner);
  await stores.toDevice.removeTransactions(owner);
  await stores.sentEvents.removeAll(owner);
  await stores.appserviceQueue.removeMessagesTo(owner);
  await removeTokensOfDevice(stores, owner);
  await stores.devices.remove(owner);
  if (wasVisible) await announceDeviceListChange(stores, commit, owner.userId, owner.deviceId);
  // Its own waiting syncs end.
  else commit.wake(owner.userId);
}
