import type { DeviceId } from "../../protocol/identifiers/device-id.ts";

export interface Sighting {
  /** Ms since the epoch. */
  readonly at: number;
  /** The address. */
  readonly ip: string;
}

export interface Device {
  readonly deviceId: DeviceId;
  readonly displayName: string | undefined;
  readonly lastSeen: Sighting | undefined;
}
