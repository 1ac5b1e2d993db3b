import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { requireUserId, serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject, type JsonValue, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { type QueryMissingUsersDeps, queryMissingUsers } from "../appservices/query-missing-users.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { AddressedContents } from "../federation-out/queue-messages.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Observer } from "../kernel/observer.ts";
import type { Random } from "../kernel/random.ts";
import { type Requester, requireDevice } from "../kernel/requester.ts";
import type { Commit, UnitOfWork } from "../kernel/unit-of-work.ts";
import { type DeliveringStores, deliverToDevice, routeTo } from "./deliver-to-device.ts";
import { messagesToServers, requireSendable, type SendingToServersStores, sendToServers } from "./send-to-servers.ts";

interface SendingStores extends DeliveringStores, SendingToServersStores {
  readonly knownDevices: KnownDevices;
}

export interface SendToDeviceDeps extends QueryMissingUsersDeps {
  readonly unitOfWork: UnitOfWork<SendingStores>;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Pick<Observer, "toDeviceMessagesSent">;
  readonly serverName: ServerName;
  /** Whether users of other servers get messages. */
  readonly federates: boolean;
}

export interface SendToDeviceRequest {
  readonly eventType: string;
  readonly transactionId: string;
  /** By user id, then by device id or `*`: the content. */
  readonly messages: Readonly<Record<string, JsonValue>>;
}

/** Messages of one request, and users in it: clients send 20 at a time, and one commit carries them all. */
const mostMessages = 2000;

/** Characters of one content: the inbox of a device is read a hundred messages at a time. */
const longestContent = 65_536;

/** Messages, and characters of their contents, that one request may put in inboxes: `*` may be many devices. */
const mostDeliveries = 5000;
const mostCharacters = 16 * 1024 * 1024;

/** Every device of the user. */
const everyDevice = "*";

/**
 * Puts messages into the inboxes of devices of this server, in order and once for each transaction id (rule S3); those
 * for users of appservices and of other servers go out in transactions. Unknown devices, and users of other servers where
 * there is no federation, are passed over.
 *
 * @throws MatrixError `M_BAD_JSON` for content that is no object, or cannot be stored or sent, `M_INVALID_PARAM`,
 * `M_TOO_LARGE`
 */
export async function sendToDevice(
  deps: SendToDeviceDeps,
  requester: Requester,
  { eventType, transactionId, messages }: SendToDeviceRequest,
): Promise<void> {
  const sender = requireDevice(requester);
  requireOpaqueText(eventType, "eventType");
  requireOpaqueText(transactionId, "txnId");
  const isOurs = (userId: UserId) => serverNameOf(userId) === deps.serverName;
  const goesOut = (userId: UserId) => deps.federates && !isOurs(userId);
  const addressed = parseMessages(messages, goesOut);
  const ours = addressed.filter(({ userId }) => isOurs(userId));
  const others = addressed.filter(({ userId }) => goesOut(userId));
  const remote = messagesToServers(deps, { sender: sender.userId, type: eventType }, others);
  const now = deps.clock.now();
  const recipients = ours.map(({ userId }) => userId);
  await queryMissingUsers(deps, recipients, requester.appserviceId);
  const shared = [sender.userId, ...recipients, ...remote.recipients];
  const delivered = await deps.unitOfWork.run({ shared }, async (stores, commit) => {
    await requireRequestingDevice(stores, requester);
    if (!(await stores.toDevice.rememberTransaction(sender, eventType, transactionId, now))) return 0;
    const delivery = { sender: sender.userId, type: eventType, now, count: 0, characters: 0 };
    for (const to of ours) await deliverToUser(deps.appservices, stores, commit, delivery, to);
    await sendToServers(stores, commit, remote, now);
    return delivery.count;
  });
  deps.observer.toDeviceMessagesSent(delivered);
}

/** What one request delivers, and how much that has been so far. */
interface Delivery {
  readonly sender: UserId;
  readonly type: string;
  /** Ms since the epoch. */
  readonly now: number;
  count: number;
  characters: number;
}

async function deliverToUser(
  appservices: Appservices,
  stores: SendingStores,
  commit: Commit,
  delivery: Delivery,
  { userId, contents }: AddressedContents,
): Promise<void> {
  const { sender, type, now, count: before } = delivery;
  const route = routeTo(appservices, userId);
  const devices = new Set(await stores.knownDevices.listDeviceIds(userId));
  for (const [recipient, content] of contents) {
    for (const deviceId of recipient === everyDevice ? devices : [recipient]) {
      if (!devices.has(deviceId) && !(route.unknownDevices && devices.size === 0)) continue;
      delivery.count++;
      delivery.characters += content.length;
      if (delivery.count > mostDeliveries || delivery.characters > mostCharacters) {
        throw new MatrixError("M_TOO_LARGE", "These are too many messages for one request: send them in several");
      }
      await deliverToDevice(stores, route, { userId, deviceId }, { sender, type, content }, now);
    }
  }
  if (delivery.count > before) commit.wake(userId);
}

function parseMessages(
  messages: Readonly<Record<string, JsonValue>>,
  goesOut: (userId: UserId) => boolean,
): AddressedContents[] {
  const users = Object.entries(messages);
  if (users.length > mostMessages) throw tooManyMessages();
  let count = 0;
  return users.map(([name, ofUser]) => {
    const userId = requireUserId(name, "messages");
    if (!isJsonObject(ofUser)) throw new MatrixError("M_BAD_JSON", `messages.${userId} must be an object`);
    const contents = Object.entries(ofUser).map(([device, content]): [DeviceId | "*", string] => {
      if (++count > mostMessages) throw tooManyMessages();
      const deviceId = device === everyDevice ? everyDevice : requireDeviceId(device, `messages.${userId}`);
      const where = `messages.${userId}.${device}`;
      const text = contentText(content, where);
      if (goesOut(userId)) requireSendable(content, where);
      return [deviceId, text];
    });
    return { userId, contents: new Map(contents) };
  });
}

function tooManyMessages(): MatrixError {
  return new MatrixError("M_TOO_LARGE", `At most ${mostMessages} messages a request`);
}

function contentText(content: JsonValue, where: string): string {
  if (!isJsonObject(content)) throw new MatrixError("M_BAD_JSON", `${where} must be an object`);
  requireStorable(content satisfies JsonObject, where);
  const text = JSON.stringify(content);
  if (text.length <= longestContent) return text;
  throw new MatrixError("M_TOO_LARGE", `${where} has more than ${longestContent} characters`);
}
