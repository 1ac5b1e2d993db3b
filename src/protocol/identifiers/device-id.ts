import { MatrixError } from "../matrix-error.ts";
import { shownValue } from "../shown-text.ts";
import { isOpaqueText } from "./opaque-text.ts";

declare const brand: unique symbol;

/** The id of a device, unique within its user. */
export type DeviceId = string & { readonly [brand]: "DeviceId" };

const controlCharacter = /\p{Cc}/u;

/**
 * Parses a device id: 1 to 255 bytes, without control characters and lone surrogates. The specification calls the id
 * opaque; the bounds are ours. Returns undefined when it is none.
 */
export function parseDeviceId(text: unknown): DeviceId | undefined {
  if (typeof text !== "string" || !isOpaqueText(text) || controlCharacter.test(text)) return undefined;
  return text as DeviceId;
}

/**
 * As `parseDeviceId`, for a value that must be one.
 *
 * @param where the member or parameter that holds it, for the message
 * @throws MatrixError M_INVALID_PARAM
 */
export function requireDeviceId(text: unknown, where: string): DeviceId {
  const deviceId = parseDeviceId(text);
  if (deviceId !== undefined) return deviceId;
  throw new MatrixError("M_INVALID_PARAM", `${where}: ${shownValue(text)} is not a valid device ID`);
}
