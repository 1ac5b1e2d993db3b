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

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** Allocates a position after `position` for each buffered row, writes the rows, gives the last position. */
  async flush(position: StreamPosition): Promise<StreamPosition> {
    const writes = this.#writes;
    if (writes.length === 0) return position;
    this.#writes = [];
    let last = position;
    for (const write of writes) await write(++last);
    return last;
  }

  discard(): void {
    this.#writes = [];
  }
}
