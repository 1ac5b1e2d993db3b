import { unknownToken } from "../authentication/find-requester.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { KnownDevices } from "./known-devices.ts";

/**
 * Inside a unit or snapshot: the requester's device is still there. The token was looked at before it, and what a
 * device that has been deleted since would store, nothing would ever remove (rule S4).
 *
 * @throws MatrixError 401 `M_UNKNOWN_TOKEN`
 */
export async function requireRequestingDevice(
  stores: { readonly knownDevices: Reading<KnownDevices> },
  { userId, deviceId }: Requester,
): Promise<void> {
  if (deviceId !== undefined && !(await stores.knownDevices.hasDevice({ userId, deviceId }))) throw unknownToken();
}
