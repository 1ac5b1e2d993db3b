/** A leaky bucket: attempts that count against a subject, and since when they leak. */
export interface LoginThrottle {
  readonly attempts: number;
  /** Ms since the epoch: from here on the attempts leak. */
  readonly leakedAt: number;
}

/** How often passwords were tried, by subject: an address, or a user and an address. */
export interface LoginThrottleStore {
  findThrottle(subject: string): Promise<LoginThrottle | undefined>;
  put(subject: string, throttle: LoginThrottle): Promise<void>;
  remove(subject: string): Promise<void>;
  /** Forgets the subjects that have not tried since a time (ms since the epoch). */
  forgetBefore(time: number): Promise<void>;
}
