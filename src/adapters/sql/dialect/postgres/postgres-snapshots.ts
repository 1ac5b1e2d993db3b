import { Pace } from "../../../../domain/kernel/pace.ts";
import type { ReadingAll, Snapshots } from "../../../../domain/kernel/unit-of-work.ts";
import { ReadGroups, type ReadGroupsOptions } from "./read-groups.ts";

/** Groups of single calls at once: more of them are smaller ones. */
const mostAsking = 2;

/** Reads outside units, on connections of their own. */
export class PostgresSnapshots<Stores> implements Snapshots<Stores> {
  readonly #reads: ReadGroups<Stores>;
  readonly #asks: ReadGroups<Stores>;

  constructor(options: Omit<ReadGroupsOptions<Stores>, "inSnapshot" | "pace">) {
    const pace = new Pace(options.clock);
    this.#reads = new ReadGroups({ ...options, pace, inSnapshot: true });
    this.#asks = new ReadGroups({ ...options, pace, readers: mostAsking, inSnapshot: false });
  }

  read<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
    return this.#reads.read(work);
  }

  ask<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
    return this.#asks.read(work);
  }

  async close(): Promise<void> {
    await Promise.all([this.#reads.close(), this.#asks.close()]);
  }
}
