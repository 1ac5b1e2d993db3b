/** So many tasks run at once, so many wait; the caller refuses what would be one more. */
export class BoundedQueue {
  readonly #mostRunning: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(bounds: { readonly running: number; readonly waiting: number }) {
    this.#mostRunning = bounds.running;
    this.#mostWaiting = bounds.waiting;
  }

  /** Whether so many wait that one more should be turned away. */
  get isFull(): boolean {
    return this.#waiting.length >= this.#mostWaiting;
  }

  /** Runs a task when its turn comes. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#mostRunning) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#finish(task);
  }

  /** Runs a task in a place that is taken, and hands the place on. */
  async #finish<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
