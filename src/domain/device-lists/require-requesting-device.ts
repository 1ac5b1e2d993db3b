import { MatrixError } from "../../protocol/matrix-error.ts";
import { unknownToken } from "../authentication/find-requester.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { KnownDevices } from "./known-devices.ts";

/**
 * Inside a unit or snapshot: the requester's device is still there. The token was looked at before it, and what a
 * device that has been deleted since would store, nothing would ever remove (rule S4).
 *
 * @throws MatrixError 401 `M_UNKNOWN_TOKEN`, to an appservice 400 `M_UNKNOWN_DEVICE`, for its token is still good
 */
export async function requireRequestingDevice(
  stores: { readonly knownDevices: Reading<KnownDevices> },
  { userId, deviceId, appserviceId }: Requester,
): Promise<void> {
  if (deviceId === undefined || (await stores.knownDevices.hasDevice({ userId, deviceId }))) return;
  throw appserviceId === undefined ? unknownToken() : unknownDeviceOfUser();
}

/** The answer to an appservice that acts as a device which its user does not have. */
export function unknownDeviceOfUser(): MatrixError {
  return new MatrixError("M_UNKNOWN_DEVICE", "The user has no device with this device_id");
}
