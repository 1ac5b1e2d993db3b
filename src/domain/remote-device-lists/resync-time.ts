import { pauseAfter } from "../kernel/pause-after.ts";
import type { Random } from "../kernel/random.ts";

/** Ms in which a list that has gone stale is fetched: not all of a server's at the same moment. */
const longestJitter = 2000;
/** Ms. */
const pauses = { shortest: 10_000, longest: 3600_000 };

/** When a list that has just gone stale is to be fetched: ms since the epoch, later than `now`. */
export function soonAfter(now: number, random: Random): number {
  // From 0 up to 1, without it.
  const chance = random.bytes(4).readUInt32BE() / 2 ** 32;
  return now + 1 + Math.floor(chance * longestJitter);
}

/** When it is tried again after so many attempts in vain: ms since the epoch. */
export function retryTime(now: number, attempts: number, random: Random): number {
  return now + pauseAfter(attempts, pauses, random);
}
