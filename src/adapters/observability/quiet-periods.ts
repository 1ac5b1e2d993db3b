import { LRUCache } from "lru-cache";
import type { Clock } from "../../domain/kernel/clock.ts";

/** Lets the first event of a key through and then none until the quiet period is over. */
export class QuietPeriods {
  readonly #clock: Clock;
  readonly #quietMs: number;
  readonly #periods: LRUCache<string, { readonly begunAt: number; kept: number }>;

  /** @param remembered keys kept in mind at most; the one unheard of for longest is forgotten, and then let through */
  constructor(clock: Clock, quietMs: number, remembered: number) {
    this.#clock = clock;
    this.#quietMs = quietMs;
    this.#periods = new LRUCache({ max: remembered });
  }

  /**
   * Asks whether an event of `key` may be told.
   *
   * @returns `undefined` to keep quiet, else how many were kept quiet since the last one that was told
   */
  admit(key: string): number | undefined {
    const now = this.#clock.monotonic();
    const period = this.#periods.get(key);
    if (period !== undefined && now - period.begunAt < this.#quietMs) {
      period.kept++;
      return undefined;
    }
    this.#periods.set(key, { begunAt: now, kept: 0 });
    return period?.kept ?? 0;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#periods.size;
  }
}
