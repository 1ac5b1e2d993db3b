import type { Expression } from "kysely";

/** A position for a query: a number, or where only the database knows it by then, an expression of it. */
export type StreamValue = number | Expression<number>;

export type StreamWrite = (position: StreamValue) => Promise<unknown>;

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

  /** Writes the rows, each with the position that belongs to its place, from 0. */
  async flush(positionAt: (place: number) => StreamValue): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    await Promise.all(writes.map((write, place) => write(positionAt(place))));
  }

  discard(): void {
    this.#writes = [];
  }
}
