import type { Clock } from "../../../../domain/kernel/clock.ts";
import type { Pace } from "../../../../domain/kernel/pace.ts";
import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import type { ReadingAll } from "../../../../domain/kernel/unit-of-work.ts";
import { watchedWork } from "../watched-work.ts";
import { databaseWork } from "./commit-units.ts";
import { isTransient, storageFailure, TransactionLostError } from "./database-error.ts";
import { GroupStarter } from "./group-starter.ts";
import type { PostgresConnections } from "./postgres-connections.ts";
import type { PostgresGuard } from "./postgres-guard.ts";
import type { SessionPool } from "./session-pool.ts";
import { Transaction } from "./transaction.ts";
import { patience, type WaitingItem, WaitingWork } from "./waiting-work.ts";

/** Reads in one snapshot: each asks much, and what all of them asked for comes back at once. */
const largestSnapshot = 32;

/** Reads without a snapshot that go together: a call each. */
const mostCalls = 128;

export interface ReadGroupsOptions<Stores> {
  readonly connections: PostgresConnections;
  readonly sessions: SessionPool<Stores>;
  readonly guard: PostgresGuard;
  readonly clock: Clock;
  /** In which reads are answered: those of several groups may be through in one turn of the event loop. */
  readonly pace: Pace;
  /** Snapshots at once. */
  readonly readers: number;
  readonly watchdog: boolean;
  /** False for reads that are one call of one store: they need no snapshot. */
  readonly inSnapshot: boolean;
}

interface WaitingRead<Stores> extends WaitingItem {
  readonly work: (stores: ReadingAll<Stores>) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  settled: boolean;
}

/** Reads that wait together go together, side by side; what they ask at the same time is one statement. */
export class ReadGroups<Stores> {
  readonly #options: ReadGroupsOptions<Stores>;
  readonly #waiting: WaitingWork<WaitingRead<Stores>>;
  readonly #groups: GroupStarter;
  #closed = false;

  constructor(options: ReadGroupsOptions<Stores>) {
    this.#options = options;
    this.#waiting = new WaitingWork(options.clock);
    this.#groups = new GroupStarter({
      most: options.readers,
      waiting: () => this.#waiting.size,
      start: () => this.#runGroup(this.#takeGroup()),
    });
  }

  read<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageUnavailableError("The database is closed"));
    return new Promise<T>((resolve, reject) => {
      const deadline = this.#options.clock.monotonic() + patience;
      this.#waiting.add({
        ...{ work, resolve: resolve as (value: unknown) => void, reject, deadline },
        ...{ losses: 0, settled: false },
      });
      this.#groups.wake();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.rejectAll(new StorageUnavailableError("The database is closed"));
    await this.#groups.idle();
  }

  #takeGroup(): WaitingRead<Stores>[] {
    const most = this.#options.inSnapshot ? largestSnapshot : mostCalls;
    return this.#waiting.take(
      () => true,
      (count) => count >= most,
    );
  }

  async #runGroup(reads: readonly WaitingRead<Stores>[]): Promise<void> {
    try {
      await this.#transaction(reads);
    } catch (error) {
      const left = reads.filter(({ settled }) => !settled);
      if (error instanceof TransactionLostError && !this.#closed) await this.#waiting.putBackLost(left, error);
      else for (const { reject } of left) reject(storageFailure(error));
      this.#groups.wake();
    }
  }

  /** Answers all reads, or none: then it throws. */
  async #transaction(reads: readonly WaitingRead<Stores>[]): Promise<void> {
    const { connections, guard, sessions, pace, watchdog, inSnapshot } = this.#options;
    guard.requireTrust();
    const connection = await databaseWork(() => connections.take());
    const transaction = new Transaction(connection, { name: "snapshot", unhurried: false });
    const lent = sessions.enter(transaction);
    let failed = true;
    try {
      // The reads are sent behind BEGIN, whose answer is looked at before theirs count.
      const beginning = inSnapshot ? guard.beginSnapshot(transaction) : undefined;
      const stores = lent.stores as ReadingAll<Stores>;
      const settled = Promise.allSettled(
        reads.map(({ work }) => (watchdog ? watchedWork(stores, work) : work(stores))),
      );
      const [outcomes] = await Promise.all([settled, beginning]);
      rejectFailed(reads, outcomes);
      // What was read is what it is: nobody waits for the end of a transaction that has changed nothing.
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === "fulfilled") pace.begin(() => reads[index]?.resolve(outcome.value));
      }
      failed = outcomes.some(({ status }) => status === "rejected");
    } finally {
      sessions.leave(lent, failed);
      await transaction.rollback();
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
