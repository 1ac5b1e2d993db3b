import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../protocol/json.ts";
import { parseGivenDevice, parseGivenKey } from "../../protocol/keys/given-keys.ts";
import { renderWithUnsigned } from "../../protocol/keys/render-key.ts";
import type { RemoteCrossSigningKey, RemoteDeviceKeys } from "./remote-device-list-store.ts";

/** Devices of one user, as of one here. */
export const longestList = 1000;

/** Characters, as the display name of a device that is kept here. */
const longestDisplayName = 256;

/**
 * A device as another server gives it, as it is served (rule Q2): `unsigned` is made here.
 * @returns `undefined` for a wrong shape
 */
export function remoteDevice(
  userId: UserId,
  deviceId: DeviceId,
  keys: JsonValue,
  displayName: JsonValue | undefined,
): RemoteDeviceKeys | undefined {
  const given = parseGivenDevice(userId, deviceId, keys, undefined);
  if (!given) return undefined;
  const name = isDisplayName(displayName) ? displayName : given.displayName;
  const unsigned = name === undefined ? {} : { device_display_name: name };
  return { deviceId, ed25519: given.ed25519, rendered: renderWithUnsigned(given.json, unsigned) };
}

/** A cross-signing key as another server gives it, as it is served. @returns `undefined` for a wrong shape */
export function remoteCrossSigningKey(
  userId: UserId,
  usage: RemoteCrossSigningKey["usage"],
  value: JsonValue,
): RemoteCrossSigningKey | undefined {
  const given = parseGivenKey(userId, usage, value);
  return given && { usage, publicKey: given.publicKey, rendered: given.json };
}

function isDisplayName(value: JsonValue | undefined): value is string {
  if (typeof value !== "string" || value.length > longestDisplayName) return false;
  return value.isWellFormed() && !value.includes("\0");
}
