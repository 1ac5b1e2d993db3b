import { LRUCache } from "lru-cache";
import type { RecentSightings } from "../../domain/devices/recent-sightings.ts";
import type { Clock } from "../../domain/kernel/clock.ts";

/** Devices that are remembered; one that was forgotten is noted once more than needed. */
const rememberedDevices = 20_000;

/** When each device was last noted as seen, in this process. */
export class InProcessSightings implements RecentSightings {
  readonly #clock: Clock;
  readonly #notedAt = new LRUCache<string, number>({ max: rememberedDevices });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take({ userId, deviceId }: { readonly userId: string; readonly deviceId: string }, interval: number): boolean {
    const device = `${userId} ${deviceId}`;
    const now = this.#clock.monotonic();
    const notedAt = this.#notedAt.get(device);
    if (notedAt !== undefined && now - notedAt < interval) return false;
    this.#notedAt.set(device, now);
    return true;
  }
}
