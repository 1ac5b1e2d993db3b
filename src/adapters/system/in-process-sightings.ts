import type { RecentSightings } from "../../domain/devices/recent-sightings.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import { RecentNames } from "./recent-names.ts";

/** When each device was last noted as seen, in this process. */
export class InProcessSightings implements RecentSightings {
  readonly #devices: RecentNames;

  constructor(clock: Clock) {
    this.#devices = new RecentNames(clock);
  }

  take({ userId, deviceId }: { readonly userId: string; readonly deviceId: string }, interval: number): boolean {
    return this.#devices.take(`${userId} ${deviceId}`, interval);
  }
}
