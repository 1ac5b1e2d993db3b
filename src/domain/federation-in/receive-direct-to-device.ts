import type { DirectToDevice } from "../../protocol/federation/edu.ts";
import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import { serverNameOf } from "../../protocol/identifiers/user-id.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { type ListeningStores, noteListening } from "../device-lists/audience.ts";
import type { AudienceStore } from "../device-lists/audience-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { TrackingStores } from "../remote-device-lists/mark-stale.ts";
import { trackRemoteUser } from "../remote-device-lists/track-remote-user.ts";
import { type DeliveringStores, deliverToDevice, type Route, routeTo } from "../to-device/deliver-to-device.ts";
import type { AddressedMessages } from "./addressed-messages.ts";
import type { ReceivedTransactionStore } from "./received-transaction-store.ts";

export interface DirectToDeviceStores extends DeliveringStores, ListeningStores, TrackingStores {
  readonly knownDevices: KnownDevices;
  readonly audience: AudienceStore;
  readonly receivedTransactions: ReceivedTransactionStore;
}

/** What a part of an EDU has for our users. */
export interface MessagesOfPart {
  readonly addressed: readonly AddressedMessages[];
  /** From 0. */
  readonly part: number;
}

export type Outcome = "taken" | "repeated" | "dropped";

/** What an EDU has put in inboxes. */
export interface Delivered {
  count: number;
  /** Of the contents. */
  characters: number;
}

/** Messages, and characters of their contents, that one part of an EDU may put in inboxes: `*` may be many devices. */
const mostDeliveries = 5000;
const mostCharacters = 16 * 1024 * 1024;

interface Delivery {
  readonly to: AddressedMessages;
  readonly route: Route;
  /** The device and its message. */
  readonly messages: readonly (readonly [DeviceId, string])[];
}

/**
 * Inside a unit that has the sender exclusively and shares the recipients: puts the messages into the inboxes of our
 * devices, once for each message id of a server, or each part of it (rule S3). Sender and recipients hear of each other's devices from now on.
 *
 * @param delivered is added to
 * @param now ms since the epoch
 */
export async function receiveDirectToDevice(
  appservices: Appservices,
  stores: DirectToDeviceStores,
  commit: Commit,
  { sender, eventType, messageId }: DirectToDevice,
  { addressed, part }: MessagesOfPart,
  delivered: Delivered,
  now: number,
): Promise<Outcome> {
  const origin = serverNameOf(sender);
  // A server that gives such a name to another message loses it.
  const name = part === 0 ? messageId : `${messageId}, part ${part}`;
  if (!(await stores.receivedTransactions.rememberMessage(origin, name, now))) return "repeated";
  const deliveries = await Promise.all(addressed.map((to) => deliveryTo(appservices, stores, to)));
  const contents = deliveries.flatMap(({ messages }) => messages.map(([, content]) => content.length));
  const characters = contents.reduce((sum, length) => sum + length, 0);
  if (contents.length > mostDeliveries || characters > mostCharacters) return "dropped";
  for (const { to, route, messages } of deliveries) {
    for (const [deviceId, content] of messages) {
      const recipient = { userId: to.userId, deviceId };
      await deliverToDevice(stores, route, recipient, { sender, type: eventType, content }, now);
    }
    if (messages.length === 0) continue;
    commit.wake(to.userId);
    await stores.audience.introduce(sender, to.userId);
    await noteListening(stores, to.userId, origin, now);
  }
  if (contents.length > 0) await trackRemoteUser(stores, commit, sender, now);
  delivered.count += contents.length;
  delivered.characters += characters;
  return "taken";
}

async function deliveryTo(
  appservices: Appservices,
  stores: Pick<DirectToDeviceStores, "knownDevices">,
  to: AddressedMessages,
): Promise<Delivery> {
  const route = routeTo(appservices, to.userId);
  const devices = new Set(await stores.knownDevices.listDeviceIds(to.userId));
  const isReached = (deviceId: DeviceId) => devices.has(deviceId) || (route.unknownDevices && devices.size === 0);
  const messages: [DeviceId, string][] = [];
  for (const [recipient, content] of to.contents) {
    if (recipient === "*") for (const deviceId of devices) messages.push([deviceId, content]);
    else if (isReached(recipient)) messages.push([recipient, content]);
  }
  return { to, route, messages };
}
