import type { Clock } from "../../src/domain/kernel/clock.ts";

/** Time as it passes, and as much more of it as a test says. */
export class MovableClock implements Clock {
  #ahead = 0;

  now(): number {
    return Date.now() + this.#ahead;
  }

  monotonic(): number {
    return performance.now() + this.#ahead;
  }

  /** So many ms have passed, at once. */
  move(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}
