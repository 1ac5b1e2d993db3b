/** Above it Node.js takes a time for none at all. */
const longestTimer = 2_147_483_647;

/** When a request ends at the latest. */
export interface Deadline {
  readonly milliseconds: number;
  /** Its reason is `outOfTime`, `calledOff` or `serverStops`. */
  readonly signal: AbortSignal;
}

export const outOfTime = new Error("out of time");
export const calledOff = new Error("called off");
export const serverStops = new Error("the server stops");

/** Everything that has a deadline, so that it can be ended. */
export class Deadlines {
  readonly #open = new Set<AbortController>();
  #isClosed = false;

  /**
   * Runs a task that has so many ms.
   * @param signal ends it earlier
   */
  async run<T>(milliseconds: number, task: (deadline: Deadline) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const controller = new AbortController();
    const callOff = () => controller.abort(signal?.reason === outOfTime ? outOfTime : calledOff);
    const timer = setTimeout(() => controller.abort(outOfTime), Math.min(milliseconds, longestTimer)).unref();
    if (this.#isClosed) controller.abort(serverStops);
    if (signal?.aborted) callOff();
    signal?.addEventListener("abort", callOff);
    this.#open.add(controller);
    try {
      return await task({ milliseconds, signal: controller.signal });
    } finally {
      clearTimeout(timer);
      this.#open.delete(controller);
      signal?.removeEventListener("abort", callOff);
    }
  }

  /** Ends everything, also what comes later. */
  close(): void {
    this.#isClosed = true;
    for (const controller of this.#open) controller.abort(serverStops);
  }
}
