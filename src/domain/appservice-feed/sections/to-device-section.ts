import { arrayText, objectText } from "../../../protocol/json-text.ts";
import type { WaitingForAppservice } from "../../appservices/appservice-queue-store.ts";
import { deviceName, presentDevices } from "../present-devices.ts";
import type { FeedStores, Making } from "../section.ts";

const mostMessages = 100;
/** Bytes of messages. They go out under two names, beside the other sections, and bridges take bodies of a mebibyte. */
const mostBytes = 256 * 1024;

/** The messages that are first in line, in order (MSC4203). */
export async function toDeviceSection(
  { appserviceQueue, knownDevices }: FeedStores,
  { appservice, present, members, recipients }: Making,
): Promise<boolean> {
  const waiting = await appserviceQueue.listMessages(appservice.id, mostMessages);
  // What came since may be encrypted by a device whose list is told only the next time.
  const messages = withinBounds(waiting.filter(({ position }) => position <= present));
  const last = messages.at(-1);
  if (!last) return false;
  await appserviceQueue.removeMessagesUpTo(appservice.id, last.position);
  const devices = await presentDevices(
    knownDevices,
    messages.map(({ recipient }) => recipient),
  );
  const told = messages.filter(
    ({ recipient }) => devices.has(deviceName(recipient)) || appservice.keepsDevicesOf(recipient.userId),
  );
  if (told.length > 0) members.set("to_device", arrayText(told.map(eventText)));
  recipients.push(...devices.values());
  return true;
}

/** At least one. */
function withinBounds(messages: readonly WaitingForAppservice[]): readonly WaitingForAppservice[] {
  let bytes = 0;
  const end = messages.findIndex((message, index) => {
    bytes += Buffer.byteLength(eventText(message));
    return bytes > mostBytes && index > 0;
  });
  return end < 0 ? messages : messages.slice(0, end);
}

function eventText({ recipient, sender, type, content }: WaitingForAppservice): string {
  return objectText([
    ["type", JSON.stringify(type)],
    ["sender", JSON.stringify(sender)],
    ["to_user_id", JSON.stringify(recipient.userId)],
    ["to_device_id", JSON.stringify(recipient.deviceId)],
    ["content", content],
  ]);
}
