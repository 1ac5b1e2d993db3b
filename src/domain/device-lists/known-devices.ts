import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { DeviceOwner } from "../kernel/requester.ts";

/** Which devices exist here: what every kind of key and message asks before it is stored for one. */
export interface KnownDevices {
  /** In no particular order; empty for an unknown user. */
  listDeviceIds(userId: UserId): Promise<DeviceId[]>;
  /** Devices that have device keys, by user and device id: the first after one of them, or the first of all. */
  listWithKeys(after: DeviceOwner | undefined, limit: number): Promise<DeviceOwner[]>;
  hasDevice(owner: DeviceOwner): Promise<boolean>;
  /** `undefined` when the device is unknown or has no name. */
  findDisplayName(owner: DeviceOwner): Promise<string | undefined>;
}
