import type { DeviceOwner } from "../kernel/requester.ts";

/** Remembers for a while which devices were noted as seen, so that not every request writes. */
export interface RecentSightings {
  /** True for the first caller per device and `interval` (ms); once more when the device was forgotten meanwhile. */
  take(owner: DeviceOwner, interval: number): boolean;
}
