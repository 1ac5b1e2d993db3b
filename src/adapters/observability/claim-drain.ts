import { LRUCache } from "lru-cache";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { DeviceOwner } from "../../domain/kernel/requester.ts";

/** Pairs of claimer and device that are remembered; beyond it the one that was quiet for longest starts afresh. */
const rememberedPairs = 50_000;

/** Counts the one-time keys that each claimer takes of each device, in windows of a fixed length (rule C7). */
export class ClaimDrain {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #origin: number;
  readonly #taken = new LRUCache<string, { keys: number }>({ max: rememberedPairs });
  #window = 0;
  #busiest = 0;
  #busiestBefore = 0;

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#origin = clock.monotonic();
  }

  /**
   * Counts one key.
   *
   * @returns how many `claimer` has taken of `target` in this window, with this one
   */
  add(claimer: string, target: DeviceOwner): number {
    this.#turnWindow();
    // None of the three can hold a NUL.
    const pair = `${claimer}\0${target.userId}\0${target.deviceId}`;
    let taken = this.#taken.get(pair);
    if (taken === undefined) {
      taken = { keys: 0 };
      this.#taken.set(pair, taken);
    }
    taken.keys++;
    if (taken.keys > this.#busiest) this.#busiest = taken.keys;
    return taken.keys;
  }

  /** The most keys that one claimer took of one device. The window before counts too: a scrape comes when it comes. */
  busiest(): number {
    this.#turnWindow();
    return Math.max(this.#busiest, this.#busiestBefore);
  }

  /** How many pairs are remembered. */
  get size(): number {
    return this.#taken.size;
  }

  #turnWindow(): void {
    const window = Math.floor((this.#clock.monotonic() - this.#origin) / this.#windowMs);
    if (window === this.#window) return;
    this.#busiestBefore = window === this.#window + 1 ? this.#busiest : 0;
    this.#busiest = 0;
    this.#window = window;
    this.#taken.clear();
  }
}
