import type { StreamPosition } from "../../domain/kernel/stream-position.ts";

export type StreamWrite = (position: StreamPosition) => Promise<unknown>;

/**
 * The stream rows of one unit. Positions are allocated by the unit's last step before the commit, so that the order of
 * positions is the order of commits and no reader can see a position before the ones below it.
 */
export class StreamBuffer {
  #writes: StreamWrite[] = [];

  /** Runs `write` at the end of the unit with a position of its own. */
  add(write: StreamWrite): void {
    this.#writes.push(write);
  }

  /** How many positions the unit needs. */
  get size(): number {
    return this.#writes.length;
  }

  /** Writes the rows, each with a position after `position`, in order; gives the last position. */
  async flush(position: StreamPosition): Promise<StreamPosition> {
    const writes = this.#writes;
    this.#writes = [];
    await Promise.all(writes.map((write, index) => write(position + index + 1)));
    return position + writes.length;
  }

  discard(): void {
    this.#writes = [];
  }
}
