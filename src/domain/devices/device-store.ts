import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { Device, Sighting } from "./device.ts";

/** The devices of local users. What hangs on a device has stores of its own. */
export interface DeviceStore {
  findDevice(owner: DeviceOwner): Promise<Device | undefined>;
  /** By device id. */
  listDevices(userId: UserId): Promise<Device[]>;
  /** For a device that does not exist. */
  add(owner: DeviceOwner, displayName: string | undefined, firstSeen: Sighting): Promise<void>;
  /** Nothing happens to a device that does not exist. */
  rename(owner: DeviceOwner, displayName: string): Promise<void>;
  noteSeen(owner: DeviceOwner, sighting: Sighting): Promise<void>;
  remove(owner: DeviceOwner): Promise<void>;
}
