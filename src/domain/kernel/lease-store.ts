/**
 * Work that one process does at a time, by name. All times are the database's, for the clocks of processes differ.
 */
export interface LeaseStore {
  /**
   * Takes a lease that is free or has expired, and renews one that `holder` has: it then expires in `lifetime` ms.
   *
   * @returns the fencing token: it rises each time that the lease changes hands, and stays when the lease is renewed;
   * `undefined` while somebody else has the lease
   */
  take(name: string, holder: string, lifetime: number): Promise<number | undefined>;
  /**
   * Whether the lease is still that which was taken with this token. One that has expired is, until somebody takes it:
   * until then nobody else has begun.
   */
  hasToken(name: string, token: number): Promise<boolean>;
  /** Frees the lease, for others at once; changes nothing when it is no longer that which was taken with this token. */
  release(name: string, token: number): Promise<void>;
}
