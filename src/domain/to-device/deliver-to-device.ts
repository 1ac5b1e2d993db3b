import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { AppserviceQueueStore } from "../appservices/appservice-queue-store.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { ToDeviceMessage, ToDeviceStore } from "./to-device-store.ts";

export interface DeliveringStores {
  readonly toDevice: ToDeviceStore;
  readonly appserviceQueue: AppserviceQueueStore;
}

/** Where the messages for a user's devices go. */
export interface Route {
  /** Ids of appservices whose transactions carry them. */
  readonly appservices: readonly string[];
  /** Whether they wait for the device's sync. */
  readonly inbox: boolean;
  /**
   * Whether the appservice may keep all devices of the user to itself: where none is known here, messages go to it, which
   * knows them.
   */
  readonly unknownDevices: boolean;
}

const inboxAlone: Route = { appservices: [], inbox: true, unknownDevices: false };

/** Nearly all users are nobody's, and on most servers there is no appservice. */
export function routeTo(appservices: Appservices, userId: UserId): Route {
  const interested = appservices.interestedIn(userId).filter(({ receivesToDevice }) => receivesToDevice);
  if (interested.length === 0) return inboxAlone;
  const owner = appservices.ownerOf(userId);
  return {
    appservices: interested.map(({ id }) => id),
    // Whose appservice encrypts, reads transactions alone, and nobody would ever empty its inbox (MSC4203). Older
    // bridges get transactions with receive_ephemeral, and their users sync all the same.
    inbox: owner?.encrypts !== true,
    unknownDevices: owner?.keepsDevicesOf(userId) === true,
  };
}

/** Inside a unit that wakes the recipient: puts a message wherever the device's messages are read. */
export async function deliverToDevice(
  stores: DeliveringStores,
  route: Route,
  recipient: DeviceOwner,
  message: ToDeviceMessage,
  now: number,
): Promise<void> {
  if (route.inbox) await stores.toDevice.deliver(recipient, message);
  for (const appserviceId of route.appservices) {
    await stores.appserviceQueue.addMessage(appserviceId, { recipient, ...message }, now);
  }
}
