/**
 * The one stream (docs/decisions/0002): every change that a sync must report takes a position from one counter.
 * A position is `epoch * 2^40 + n`; a restore from a backup begins a new epoch (rule E5), so that every position
 * taken afterwards is greater than every token handed out before.
 */
export type StreamPosition = number;

const positionsInEpoch = 2 ** 40;

/** How many epochs came before the one that `position` lies in: one for each restore (rule E5). */
export function epochOf(position: StreamPosition): number {
  return Math.floor(position / positionsInEpoch);
}

/** The first position of the epoch after the one that `position` lies in. */
export function nextEpoch(position: StreamPosition): StreamPosition {
  return (epochOf(position) + 1) * positionsInEpoch;
}

/**
 * Whether who has seen everything up to `seen` needs to be told only what came after it. What it saw before a restore may
 * have been undone without a trace (rule E5), and a position that is yet to come is of a future that was lost.
 */
export function isInPresentHistory(seen: StreamPosition, present: StreamPosition): boolean {
  return seen <= present && epochOf(seen) === epochOf(present);
}

export interface StreamStore {
  /** The highest position that this reader's snapshot can see: committed, never a sequence's value. */
  findPosition(): Promise<StreamPosition>;
  /** Moves the counter to the start of a new epoch (rule E5). */
  beginEpoch(): Promise<StreamPosition>;
}
