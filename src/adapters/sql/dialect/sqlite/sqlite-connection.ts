import Database from "better-sqlite3";
import type { Clock } from "../../../../domain/kernel/clock.ts";
import { givingWay } from "../../../../domain/kernel/give-way.ts";
import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import type { QueryTimer } from "../query-timer.ts";
import { storageFailure } from "./storage-failure.ts";

/** One prepared statement that is timed under its name. It throws outside a transaction: see `SqliteConnection`. */
export interface SqliteStatement<Parameters extends unknown[], Row> {
  first(...parameters: Parameters): Row | undefined;
  all(...parameters: Parameters): Row[];
  /** The number of rows that changed. */
  run(...parameters: Parameters): number;
}

export interface SqliteConnectionOptions {
  readonly readonly: boolean;
  readonly clock: Clock;
  readonly timer: QueryTimer;
}

/** How long a statement waits for another process's transaction, in ms; the event loop stands still meanwhile. */
const busyTimeout = 2000;
/** A WAL that has grown beyond this shrinks to it when it starts anew, in bytes. */
const keptWalBytes = 64 * 1024 * 1024;

/**
 * One better-sqlite3 connection with the settings that the server relies on (rule E4).
 *
 * Prepared statements run only inside a transaction that `control` statements have begun. After an error SQLite may
 * have rolled back by itself: what a unit then goes on to write must not be committed alone, statement by statement.
 */
export class SqliteConnection {
  readonly raw: Database.Database;
  readonly #clock: Clock;
  readonly #timer: QueryTimer;
  /** Mirrors `raw.inTransaction`, which costs half a statement to ask. */
  #inTransaction = false;

  constructor(path: string, options: SqliteConnectionOptions) {
    this.raw = new Database(path, { readonly: options.readonly, timeout: busyTimeout });
    this.#clock = options.clock;
    this.#timer = options.timer;
    try {
      this.#configure(options.readonly);
    } catch (error) {
      this.raw.close();
      throw error;
    }
  }

  #configure(readonly: boolean): void {
    if (!readonly) {
      this.raw.pragma("journal_mode = WAL");
      this.raw.pragma("synchronous = FULL");
      // Where fsync leaves data in the drive's cache (macOS), SQLite asks for more; elsewhere this does nothing.
      this.raw.pragma("fullfsync = ON");
      // The checkpoint thread does it, off the event loop.
      this.raw.pragma("wal_autocheckpoint = 0");
      this.raw.pragma(`journal_size_limit = ${keptWalBytes}`);
    }
    this.raw.pragma("cache_size = -65536");
  }

  /** Ms since the epoch. */
  wallClock(): number {
    return this.#clock.now();
  }

  /** Ms, for durations. */
  now(): number {
    return this.#clock.monotonic();
  }

  /** For work on a great many rows: see `givingWay` of the domain. */
  givingWay(): () => Promise<void> {
    return givingWay(this.#clock);
  }

  /** Whether a transaction is open; asks SQLite, which may have ended it by itself. */
  get inTransaction(): boolean {
    this.#inTransaction = this.raw.inTransaction;
    return this.#inTransaction;
  }

  /** A statement around transactions, which leaves one open (`BEGIN`, `SAVEPOINT`…) or not (`COMMIT`…). */
  control(name: string, sql: string, leaves: "open" | "closed"): () => void {
    const statement = this.raw.prepare(sql);
    return () => {
      try {
        this.#timed(name, () => statement.run());
        this.#inTransaction = leaves === "open";
      } catch (error) {
        this.#inTransaction = this.raw.inTransaction;
        throw storageFailure(error);
      }
    };
  }

  prepare<Parameters extends unknown[], Row>(name: string, sql: string): SqliteStatement<Parameters, Row> {
    const statement = this.raw.prepare<Parameters, Row>(sql);
    return {
      first: (...parameters) => this.#guarded(name, () => statement.get(...parameters)),
      all: (...parameters) => this.#guarded(name, () => statement.all(...parameters)),
      run: (...parameters) => this.#guarded(name, () => statement.run(...parameters).changes),
    };
  }

  /** Begins the log anew, unless another process reads it or a checkpoint is under way: the next time will do. */
  restartLog(): void {
    // The event loop must not stand still for somebody's backup.
    this.raw.pragma("busy_timeout = 0");
    try {
      this.raw.pragma("wal_checkpoint(RESTART)");
    } catch {
      // A full disk or an I/O error: the log keeps everything, and the next commit will tell.
    } finally {
      this.raw.pragma(`busy_timeout = ${busyTimeout}`);
    }
  }

  #guarded<Result>(name: string, run: () => Result): Result {
    if (!this.#inTransaction) throw new StorageUnavailableError(`${name} was asked for outside a transaction`);
    try {
      return this.#timed(name, run);
    } catch (error) {
      this.#inTransaction = this.raw.inTransaction;
      throw storageFailure(error);
    }
  }

  #timed<Result>(name: string, run: () => Result): Result {
    const start = this.#clock.monotonic();
    const result = run();
    this.#timer(name, this.#clock.monotonic() - start);
    return result;
  }
}
