import type { ReadingAll, Snapshots } from "../../../../domain/kernel/unit-of-work.ts";
import { watchedWork } from "../watched-work.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { storageFailure } from "./storage-failure.ts";
import type { Turns } from "./turns.ts";

interface WaitingRead<Stores> {
  readonly work: (stores: ReadingAll<Stores>) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Ms after which a snapshot ends: what waits beyond is for the next, and the event loop has a turn. */
const longestGroup = 5;

/** Reads on a connection, one after another. Those that wait together share a snapshot. */
export class SqliteSnapshots<Stores> implements Snapshots<Stores> {
  readonly #connection: SqliteConnection;
  readonly #stores: Stores;
  readonly #turns: Turns;
  readonly #watchdog: boolean;
  readonly #begin: () => void;
  readonly #end: () => void;
  readonly #waiting: WaitingRead<Stores>[] = [];
  #scheduled = false;

  /** With `watchdog`, reads that await anything but their stores are rejected. */
  constructor(connection: SqliteConnection, stores: Stores, turns: Turns, watchdog = false) {
    this.#connection = connection;
    this.#stores = stores;
    this.#turns = turns;
    this.#watchdog = watchdog;
    this.#begin = connection.control("snapshot.begin", "BEGIN", "open");
    this.#end = connection.control("snapshot.end", "COMMIT", "closed");
  }

  read<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  ask<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
    return this.read(work);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the I/O phase, as units are: the requests of one turn of the loop share a snapshot.
    setImmediate(() => void this.#turns.take(() => this.#readGroup()));
  }

  async #readGroup(): Promise<void> {
    this.#scheduled = false;
    const end = this.#connection.now() + longestGroup;
    // Whoever asks from now on may have seen a commit that this snapshot does not: that is for the next one.
    let asked = this.#waiting.length;
    try {
      this.#begin();
      do {
        const read = this.#waiting.shift();
        if (read) await this.#run(read.work).then(read.resolve, read.reject);
      } while (--asked > 0 && this.#connection.now() < end);
    } catch (error) {
      // Nothing can be read at all: that holds for everyone who waits.
      for (const { reject } of this.#waiting.splice(0)) reject(storageFailure(error));
    } finally {
      // After an I/O error SQLite has ended the transaction by itself.
      if (this.#connection.inTransaction) this.#end();
      if (this.#waiting.length > 0) this.#schedule();
    }
  }

  async #run(work: WaitingRead<Stores>["work"]): Promise<unknown> {
    try {
      return await (this.#watchdog ? watchedWork(this.#stores, work) : work(this.#stores));
    } catch (error) {
      throw storageFailure(error);
    }
  }
}
