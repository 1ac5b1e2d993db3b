/** At most so many at a time; the others wait in line, and only so many of them. */
export class Turns {
  readonly #mostWaiting: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(atOnce: number, mostWaiting: number) {
    this.#free = atOnce;
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Waits for a turn. Whoever got it ends it with `pass`.
   * @param signal ends the waiting
   * @returns whether it was had
   */
  take(signal: AbortSignal): boolean | Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return this.#waiting.size < this.#mostWaiting && this.#wait(signal);
  }

  pass(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#free++;
  }

  #wait(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (hasTurn: boolean) => {
      this.#waiting.delete(onTurn);
      signal.removeEventListener("abort", onAbort);
      resolve(hasTurn);
    };
    const onTurn = () => end(true);
    const onAbort = () => end(false);
    this.#waiting.add(onTurn);
    signal.addEventListener("abort", onAbort);
    return promise;
  }
}
