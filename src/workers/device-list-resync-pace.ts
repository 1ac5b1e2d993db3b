import type { UserId } from "../protocol/identifiers/user-id.ts";

/** Ms between two fetches of one list; they double with each that comes soon after the one before. */
const shortestInterval = 1000;
const longestInterval = 3600_000;
/** As `longestInterval`, where the fetch has failed: when the server is back nobody is to wait for an hour. */
const longestAfterFailure = 60_000;
/** Users that are kept in mind; those that were fetched the longest ago are forgotten. */
const mostUsers = 100_000;

interface Entry {
  readonly begun: number;
  readonly interval: number;
}

/**
 * How often the list of one user is fetched, whatever makes it due: a server that tells of its users with gap after gap
 * has each of them fetched after 1 s, 2 s, 4 s and so on up to an hour. All times are ms of one clock.
 */
export class ResyncPace {
  /** In the order of their last fetches. */
  readonly #users = new Map<UserId, Entry>();

  /** When the list may be fetched next. */
  earliest(userId: UserId): number {
    const entry = this.#users.get(userId);
    return entry ? entry.begun + entry.interval : 0;
  }

  noteBegin(userId: UserId, now: number): void {
    const before = this.#users.get(userId);
    const isSoon = before !== undefined && now < calmAgain(before);
    const interval = isSoon ? Math.min(before.interval * 2, longestInterval) : shortestInterval;
    this.#users.delete(userId);
    this.#users.set(userId, { begun: now, interval });
    this.#forget(now);
  }

  noteFailure(userId: UserId): void {
    const entry = this.#users.get(userId);
    if (!entry) return;
    this.#users.set(userId, { ...entry, interval: Math.min(entry.interval, longestAfterFailure) });
  }

  /** The oldest are looked at, two for each that comes. */
  #forget(now: number): void {
    let looks = 2;
    for (const [userId, entry] of this.#users) {
      if (looks-- === 0 || (now < calmAgain(entry) && this.#users.size <= mostUsers)) return;
      this.#users.delete(userId);
    }
  }
}

/** A list that has had rest for so long may be fetched at any time. */
function calmAgain({ begun, interval }: Entry): number {
  return begun + 4 * interval + 60_000;
}
