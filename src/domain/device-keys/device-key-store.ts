import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { DeviceOwner } from "../kernel/requester.ts";

/** A device's identity as it was uploaded. */
export interface StoredDeviceKeys {
  readonly ed25519: string | undefined;
  readonly curve25519: string | undefined;
  /** Canonical JSON without `unsigned`. */
  readonly json: string;
}

export interface RenderedDeviceKeys extends DeviceOwner {
  /** JSON text as it is served: public signatures by others and `unsigned` included (rule Q2). */
  readonly rendered: string;
}

/** One device, one set of device keys. */
export interface DeviceKeyStore {
  findDeviceKeys(owner: DeviceOwner): Promise<StoredDeviceKeys | undefined>;
  /** All devices of these users that have device keys. */
  listRendered(userIds: readonly UserId[]): Promise<RenderedDeviceKeys[]>;
  /** Stores or replaces. */
  put(owner: DeviceOwner, keys: StoredDeviceKeys, rendered: string): Promise<void>;
  /** Stores the text anew after a signature or the display name has changed. */
  putRendered(owner: DeviceOwner, rendered: string): Promise<void>;
  remove(owner: DeviceOwner): Promise<void>;
}
