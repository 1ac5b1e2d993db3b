import type { WaitingForAppservice } from "../../appservices/appservice-queue-store.ts";
import { arrayText, objectText } from "../json-text.ts";
import { deviceName, presentDevices } from "../present-devices.ts";
import type { FeedStores, Making } from "../section.ts";

const mostMessages = 100;
/** Bytes of contents. They go out under two names, and bridges take bodies of up to a mebibyte. */
const mostBytes = 320 * 1024;

/** The messages that are first in line, in order (MSC4203). */
export async function toDeviceSection(
  { appserviceQueue, knownDevices }: FeedStores,
  { appservice, members, recipients }: Making,
): Promise<boolean> {
  const messages = withinBounds(await appserviceQueue.listMessages(appservice.id, mostMessages));
  const last = messages.at(-1);
  if (!last) return false;
  await appserviceQueue.removeMessagesUpTo(appservice.id, last.position);
  const devices = await presentDevices(
    knownDevices,
    messages.map(({ recipient }) => recipient),
  );
  const told = messages.filter(({ recipient }) => devices.has(deviceName(recipient)));
  if (told.length > 0) members.set("to_device", arrayText(told.map(eventText)));
  recipients.push(...devices.values());
  return true;
}

/** At least one. */
function withinBounds(messages: readonly WaitingForAppservice[]): readonly WaitingForAppservice[] {
  let bytes = 0;
  const end = messages.findIndex(({ content }, index) => {
    bytes += Buffer.byteLength(content);
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
