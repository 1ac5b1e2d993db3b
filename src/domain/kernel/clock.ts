/** Time, passed in so that tests own it. */
export interface Clock {
  /** Wall-clock time in ms since the Unix epoch. */
  now(): number;
  /** Ms from an arbitrary origin that never goes back: for durations and deadlines. */
  monotonic(): number;
}
