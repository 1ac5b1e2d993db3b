import type { Clock } from "../../../../domain/kernel/clock.ts";
import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import type { ReadingAll, Snapshots } from "../../../../domain/kernel/unit-of-work.ts";
import { watchedWork } from "../watched-work.ts";
import { databaseWork } from "./commit-units.ts";
import { isTransient, storageFailure, TransactionLostError } from "./database-error.ts";
import type { PostgresConnections } from "./postgres-connections.ts";
import type { PostgresGuard } from "./postgres-guard.ts";
import type { SessionPool } from "./session-pool.ts";
import { Slots } from "./slots.ts";
import { Transaction } from "./transaction.ts";
import { patience, WaitingWork } from "./waiting-work.ts";

/** Reads in one snapshot. */
const largestGroup = 128;
/** How often a read is tried whose transaction was lost. */
const mostAttempts = 5;
/** Ms before a lost one is tried again. */
const pauseAfterLoss = 50;

export interface PostgresSnapshotsOptions<Stores> {
  readonly connections: PostgresConnections;
  readonly sessions: SessionPool<Stores>;
  readonly guard: PostgresGuard;
  readonly clock: Clock;
  /** Snapshots at once. */
  readonly readers: number;
  readonly watchdog: boolean;
}

interface WaitingRead<Stores> {
  readonly work: (stores: ReadingAll<Stores>) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly deadline: number;
  attempts: number;
  settled: boolean;
}

/** Reads that wait together share a snapshot, side by side; what they ask at the same time is one statement. */
export class PostgresSnapshots<Stores> implements Snapshots<Stores> {
  readonly #options: PostgresSnapshotsOptions<Stores>;
  readonly #waiting: WaitingWork<WaitingRead<Stores>>;
  readonly #slots: Slots;
  #scheduled = false;
  #closed = false;

  constructor(options: PostgresSnapshotsOptions<Stores>) {
    this.#options = options;
    this.#waiting = new WaitingWork(options.clock);
    this.#slots = new Slots(options.readers);
  }

  read<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageUnavailableError("The database is closed"));
    return new Promise<T>((resolve, reject) => {
      const deadline = this.#options.clock.monotonic() + patience;
      this.#waiting.add({
        work,
        resolve: resolve as (value: unknown) => void,
        reject,
        deadline,
        attempts: 0,
        settled: false,
      });
      this.#schedule();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.rejectAll(new StorageUnavailableError("The database is closed"));
    await this.#slots.idle();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#slots.free && this.#waiting.size > 0) {
        const reads = this.#waiting.take(
          () => true,
          (count) => count >= largestGroup,
        );
        void this.#slots.use(() => this.#runGroup(reads)).finally(() => this.#schedule());
      }
    });
  }

  async #runGroup(reads: readonly WaitingRead<Stores>[]): Promise<void> {
    try {
      await this.#transaction(reads);
    } catch (error) {
      const open = reads.filter(({ settled }) => !settled);
      const again = open.filter((read) => error instanceof TransactionLostError && ++read.attempts < mostAttempts);
      for (const read of open) if (!again.includes(read)) read.reject(storageFailure(error));
      if (again.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, pauseAfterLoss * (again[0]?.attempts ?? 1)).unref());
      this.#waiting.putBack(again);
    }
  }

  /** Answers all reads, or none: then it throws. */
  async #transaction(reads: readonly WaitingRead<Stores>[]): Promise<void> {
    const { connections, guard, sessions, watchdog } = this.#options;
    guard.requireTrust();
    const connection = await databaseWork(() => connections.take());
    const transaction = new Transaction(connection, { name: "snapshot", unhurried: false });
    const lent = sessions.enter(transaction);
    try {
      // The reads are sent behind BEGIN, whose answer is looked at before theirs count.
      const beginning = guard.beginSnapshot(transaction);
      const stores = lent.stores as ReadingAll<Stores>;
      const settled = Promise.allSettled(
        reads.map(({ work }) => (watchdog ? watchedWork(stores, work) : work(stores))),
      );
      const [outcomes] = await Promise.all([settled, beginning]);
      rejectFailed(reads, outcomes);
      await databaseWork(() => transaction.commit());
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === "fulfilled") reads[index]?.resolve(outcome.value);
      }
    } finally {
      await transaction.rollback();
      sessions.leave(lent);
    }
  }
}

/** Rejects the reads that failed by themselves; throws when the others were lost with them, or with the connection. */
function rejectFailed<Stores>(
  reads: readonly WaitingRead<Stores>[],
  outcomes: readonly PromiseSettledResult<unknown>[],
): void {
  let lost: unknown;
  for (const [index, outcome] of outcomes.entries()) {
    const read = reads[index];
    if (outcome.status !== "rejected" || !read) continue;
    if (isTransient(outcome.reason)) {
      lost = outcome.reason;
      continue;
    }
    read.settled = true;
    read.reject(outcome.reason);
  }
  if (lost !== undefined) throw new TransactionLostError(lost);
}
