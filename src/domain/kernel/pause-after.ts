import type { Random } from "./random.ts";

/** So that others who were lost at the same moment are not all tried at the same moment. */
const jitter = 0.2;

/** How long somebody is left alone who fails. */
export interface Pauses {
  /** Ms after the first attempt in vain; it doubles with each one. */
  readonly shortest: number;
  readonly longest: number;
}

/** Ms until the next attempt, after so many in vain: a fifth more or less. */
export function pauseAfter(attempts: number, { shortest, longest }: Pauses, random: Random): number {
  const pause = Math.min(shortest * 2 ** (attempts - 1), longest);
  // From 0 to 1.
  const chance = random.bytes(4).readUInt32BE() / 0xffffffff;
  return Math.round(pause * (1 + jitter * (2 * chance - 1)));
}
