import { type DeviceId, parseDeviceId } from "../identifiers/device-id.ts";
import { isOpaqueText } from "../identifiers/opaque-text.ts";
import { parseUserId, type UserId } from "../identifiers/user-id.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";

/** https://spec.matrix.org/v1.19/server-server-api/#definition-mdirect_to_device */
export interface DirectToDevice {
  readonly type: "m.direct_to_device";
  readonly sender: UserId;
  readonly eventType: string;
  readonly messageId: string;
  /** By user id, then by device id or `*`: the content. Not looked into. */
  readonly messages: JsonObject;
}

/** https://spec.matrix.org/v1.19/server-server-api/#definition-mdevice_list_update */
export interface DeviceListUpdate {
  readonly type: "m.device_list_update";
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly streamId: number;
  /** Stream ids of the updates that come before this one. */
  readonly prevIds: readonly number[];
  readonly deleted: boolean;
  /** The device's identity keys, not looked into; `undefined` where it has none. */
  readonly keys: JsonValue | undefined;
  readonly displayName: string | undefined;
}

/** https://spec.matrix.org/v1.19/server-server-api/#definition-msigning_key_update */
export interface SigningKeyUpdate {
  readonly type: "m.signing_key_update";
  readonly userId: UserId;
  /** Neither is looked into; `undefined` where it is not in the update. */
  readonly masterKey: JsonValue | undefined;
  readonly selfSigningKey: JsonValue | undefined;
}

/** One that this server has no use for. */
interface OtherEdu {
  readonly type: "other";
  /** What it calls itself. */
  readonly name: string;
}

/** One that this server does something about. */
export type KnownEdu = DirectToDevice | DeviceListUpdate | SigningKeyUpdate;

export type Edu = KnownEdu | OtherEdu;

/**
 * Parses one EDU of a transaction: https://spec.matrix.org/v1.19/server-server-api/#edus
 * Members that are null count as absent. Returns undefined for a malformed one.
 */
export function parseEdu(value: JsonValue): Edu | undefined {
  if (!isJsonObject(value)) return undefined;
  const { edu_type: type, content } = value;
  if (typeof type !== "string" || !isJsonObject(content)) return undefined;
  switch (type) {
    case "m.direct_to_device":
      return parseDirectToDevice(content);
    case "m.device_list_update":
      return parseDeviceListUpdate(content);
    case "m.signing_key_update":
      return parseSigningKeyUpdate(content);
    default:
      return { type: "other", name: type };
  }
}

function parseDirectToDevice(content: JsonObject): DirectToDevice | undefined {
  const sender = parseUserId(content["sender"]);
  const { type: eventType, message_id: messageId, messages } = content;
  if (sender === undefined || !isName(eventType) || !isName(messageId) || !isJsonObject(messages)) return undefined;
  return { type: "m.direct_to_device", sender, eventType, messageId, messages };
}

function parseDeviceListUpdate(content: JsonObject): DeviceListUpdate | undefined {
  const userId = parseUserId(content["user_id"]);
  const deviceId = parseDeviceId(content["device_id"]);
  const { stream_id: streamId, deleted, keys, device_display_name: displayName } = content;
  const prevIds = content["prev_id"] ?? [];
  if (userId === undefined || deviceId === undefined || !isStreamId(streamId)) return undefined;
  if (!Array.isArray(prevIds) || !prevIds.every(isStreamId)) return undefined;
  return {
    ...{ type: "m.device_list_update", userId, deviceId, streamId, prevIds },
    deleted: deleted === true,
    keys: keys ?? undefined,
    displayName: typeof displayName === "string" ? displayName : undefined,
  };
}

function parseSigningKeyUpdate(content: JsonObject): SigningKeyUpdate | undefined {
  const userId = parseUserId(content["user_id"]);
  if (userId === undefined) return undefined;
  const { master_key: masterKey, self_signing_key: selfSigningKey } = content;
  return {
    ...{ type: "m.signing_key_update", userId },
    masterKey: masterKey ?? undefined,
    selfSigningKey: selfSigningKey ?? undefined,
  };
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === "string" && isOpaqueText(value);
}

function isStreamId(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value);
}
