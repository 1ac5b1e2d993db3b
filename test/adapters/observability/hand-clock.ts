import type { Clock } from "../../../src/domain/kernel/clock.ts";

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  /** Ms that have passed since the test began. */
  passed = 0;

  now(): number {
    return Date.UTC(2030, 0, 1) + this.passed;
  }

  monotonic(): number {
    return this.passed;
  }
}
