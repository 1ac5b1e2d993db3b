import type { Clock } from "../../../../domain/kernel/clock.ts";
import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import { storageFailure, type TransactionLostError } from "./database-error.ts";
import { pause } from "./pause.ts";

/** Something that waits for a transaction. */
export interface WaitingItem {
  /** Until when it may wait, in ms of the monotonic clock. */
  readonly deadline: number;
  readonly reject: (reason: unknown) => void;
  /** How often its transaction was lost. */
  losses: number;
}

/** What may wait at once: beyond it the database is too slow for what is asked of it. */
const mostWaiting = 20_000;
/** Ms between two looks for those that have waited too long. */
const sweepInterval = 250;
/** How long a request waits for the database, in ms: short enough that its client has not given up. */
export const patience = 8000;
/** After so many lost transactions something is given up, even if its time has not run out. */
const mostLosses = 50;
/** Ms before a lost transaction is tried again: more each time. */
const pauseAfterLoss = { step: 20, longest: 300 };

/** A bounded line in which nobody waits for ever. */
export class WaitingWork<Item extends WaitingItem> {
  #items: Item[] = [];
  readonly #clock: Clock;
  #sweep: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    if (this.#items.length >= mostWaiting) {
      item.reject(new StorageUnavailableError("Too many requests wait for the database"));
      return;
    }
    this.#items.push(item);
    this.#watch();
  }

  /** Puts back to the front what could not be done. */
  putBack(items: readonly Item[]): void {
    this.#items.unshift(...items);
    this.#watch();
  }

  /** Puts back, after a pause, what was lost with its transaction; what has no time left is told so. */
  async putBackLost(items: readonly Item[], loss: TransactionLostError): Promise<void> {
    const now = this.#clock.monotonic();
    const again: Item[] = [];
    for (const item of items) {
      item.losses++;
      if (item.losses < mostLosses && now < item.deadline) again.push(item);
      else item.reject(storageFailure(loss));
    }
    const [first] = again;
    if (!first) return;
    await pause(Math.min(first.losses * pauseAfterLoss.step, pauseAfterLoss.longest));
    this.putBack(again);
  }

  /** Takes those from the front that `wanted` says yes to, until `enough`. */
  take(wanted: (item: Item) => boolean, enough: (count: number) => boolean): Item[] {
    const taken: Item[] = [];
    const left: Item[] = [];
    let index = 0;
    for (; index < this.#items.length && !enough(taken.length); index++) {
      const item = this.#items[index] as Item;
      (wanted(item) ? taken : left).push(item);
    }
    this.#items = left.length === 0 ? this.#items.slice(index) : [...left, ...this.#items.slice(index)];
    return taken;
  }

  rejectAll(reason: unknown): void {
    for (const { reject } of this.#items.splice(0)) reject(reason);
  }

  #watch(): void {
    if (this.#sweep || this.#items.length === 0) return;
    this.#sweep = setTimeout(() => {
      this.#sweep = undefined;
      const now = this.#clock.monotonic();
      const late = this.#items.filter(({ deadline }) => deadline <= now);
      if (late.length > 0) this.#items = this.#items.filter(({ deadline }) => deadline > now);
      for (const { reject } of late) reject(new StorageUnavailableError("The database did not answer in time"));
      this.#watch();
    }, sweepInterval);
  }
}
