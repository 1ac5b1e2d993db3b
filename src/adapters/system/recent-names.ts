import { LRUCache } from "lru-cache";
import type { Clock } from "../../domain/kernel/clock.ts";

/** Names that are remembered; one that was forgotten is taken once more than needed. */
const remembered = 20_000;

/** What was done for which name lately, in this process: so that it is not done too often. */
export class RecentNames {
  readonly #clock: Clock;
  readonly #takenAt = new LRUCache<string, number>({ max: remembered });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the name was not taken within so many ms; it is now. */
  take(name: string, interval: number): boolean {
    const now = this.#clock.monotonic();
    const takenAt = this.#takenAt.get(name);
    if (takenAt !== undefined && now - takenAt < interval) return false;
    this.#takenAt.set(name, now);
    return true;
  }
}
