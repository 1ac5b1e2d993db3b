import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** Who makes a request, as its access token says. */
export interface Requester {
  readonly userId: UserId;
  /** Absent for an appservice that acts without a device. */
  readonly deviceId: DeviceId | undefined;
  /** SHA-256 of the access token: tells this session from the others of its user. */
  readonly accessTokenDigest: Buffer;
  /** The appservice that makes the request with its own token, as one of its users. */
  readonly appserviceId?: string;
}

/** A user's device: the owner of device keys, one-time keys and an inbox. */
export interface DeviceOwner {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
}

/** The requester's device; 400 `M_MISSING_PARAM` for a caller that has none (rule K2). */
export function requireDevice(requester: Requester): DeviceOwner {
  if (requester.deviceId === undefined) {
    throw new MatrixError("M_MISSING_PARAM", "This request needs a device: pass device_id with the access token");
  }
  return { userId: requester.userId, deviceId: requester.deviceId };
}
