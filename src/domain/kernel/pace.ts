import type { Clock } from "./clock.ts";

/** Ms of work in one turn of the event loop, after which others have theirs. */
const longestStretch = 5;

/**
 * Begins pieces of work in the order in which they come, as many in one turn of the event loop as take some ms: a thousand
 * that come at once do not hold it. What a piece goes on with at once (promises that are kept already) counts as part of it.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;
  /** When the first piece of this turn began. */
  #start: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param work begins at once when nothing else has to go before it; it must not throw */
  begin(work: () => void): void {
    this.#waiting.push(work);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let work = this.#waiting.shift(); work; work = this.#waiting.shift()) {
      if (this.#isLate()) await new Promise<void>((resolve) => setImmediate(resolve));
      this.#noteStart();
      work();
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    this.#isRunning = false;
  }

  #isLate(): boolean {
    return this.#start !== undefined && this.#clock.monotonic() - this.#start >= longestStretch;
  }

  #noteStart(): void {
    if (this.#start !== undefined) return;
    this.#start = this.#clock.monotonic();
    setImmediate(() => {
      this.#start = undefined;
    });
  }
}
