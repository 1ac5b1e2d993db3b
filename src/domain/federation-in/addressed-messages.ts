import type { DirectToDevice } from "../../protocol/federation/edu.ts";
import { type DeviceId, parseDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { parseUserId, serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonValue, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** What one of our users is sent: JSON text by device id; under `*` for all of them. */
export interface AddressedMessages {
  readonly userId: UserId;
  readonly contents: ReadonlyMap<DeviceId | "*", string>;
}

/** Messages of one EDU: as many as a client here may send in one request. */
const mostMessages = 2000;

/** Characters of one content: the inbox of a device is read a hundred messages at a time. */
const longestContent = 65_536;

/**
 * The messages of an EDU for our users; those for others, and those that are none, are passed over: one of them must not
 * keep the others from arriving. `undefined` where there are too many.
 */
export function addressedMessages(
  ownServer: ServerName,
  { messages }: DirectToDevice,
): readonly AddressedMessages[] | undefined {
  const addressed: AddressedMessages[] = [];
  let count = 0;
  for (const [name, ofUser] of Object.entries(messages)) {
    const userId = parseUserId(name);
    if (userId === undefined || serverNameOf(userId) !== ownServer || !isJsonObject(ofUser)) continue;
    const contents = new Map<DeviceId | "*", string>();
    for (const [device, content] of Object.entries(ofUser)) {
      if (++count > mostMessages) return undefined;
      const deviceId = device === "*" ? device : parseDeviceId(device);
      const text = contentText(content);
      if (deviceId !== undefined && text !== undefined) contents.set(deviceId, text);
    }
    // Each recipient is looked up, and locked: whoever gets nothing is none.
    if (contents.size > 0) addressed.push({ userId, contents });
  }
  return addressed;
}

function contentText(content: JsonValue): string | undefined {
  if (!isJsonObject(content) || !isStorable(content)) return undefined;
  const text = JSON.stringify(content);
  return text.length <= longestContent ? text : undefined;
}

function isStorable(content: JsonValue): boolean {
  try {
    requireStorable(content, "content");
    return true;
  } catch (error) {
    if (error instanceof MatrixError) return false;
    throw error;
  }
}
