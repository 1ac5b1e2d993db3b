import type { Clock } from "../../../../domain/kernel/clock.ts";
import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import type { Commit, UnitOfWork, UnitScope, WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import { watchedUnit } from "../watched-work.ts";
import { commitUnits, databaseWork, type UnitOutcome } from "./commit-units.ts";
import { CommitUnknownError, sqlStateOf, storageFailure, TransactionLostError } from "./database-error.ts";
import { GroupStarter } from "./group-starter.ts";
import type { PostgresConnections } from "./postgres-connections.ts";
import type { PostgresGuard } from "./postgres-guard.ts";
import { HeldNames, namesOfScope, type ScopeNames } from "./scope-names.ts";
import type { SessionPool } from "./session-pool.ts";
import { Transaction } from "./transaction.ts";
import { patience, type WaitingItem, WaitingWork } from "./waiting-work.ts";

/** Units in one transaction: those that wait together. */
const largestGroup = 256;
const lockNotAvailable = "55P03";
const queryCanceled = "57014";
/** Units that have been lost together more often are run apart. */
const patienceWithOthers = 2;

export interface PostgresUnitOfWorkOptions<Stores> {
  readonly connections: PostgresConnections;
  readonly sessions: SessionPool<Stores>;
  readonly guard: PostgresGuard;
  readonly clock: Clock;
  /** Transactions at once. */
  readonly writers: number;
  /** Called after each transaction: who is to be woken; nobody when it was rolled back. It must not throw. */
  readonly onEnd: (commitNumber: number, woken: ReadonlySet<WakeName>) => void;
  readonly watchdog: boolean;
}

export interface WaitingUnit<Stores> extends WaitingItem {
  readonly scope: UnitScope;
  readonly names: ScopeNames;
  readonly work: (stores: Stores, commit: Commit) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  /** It has been answered. */
  settled: boolean;
  /** It shares no transaction: the one that it shared failed, and perhaps because of it. */
  alone: boolean;
}

/**
 * Units that wait together, and whose scopes allow it, run side by side in one transaction; what they ask the database
 * at the same time is one statement (docs/decisions/0008).
 */
export class PostgresUnitOfWork<Stores> implements UnitOfWork<Stores> {
  readonly #options: PostgresUnitOfWorkOptions<Stores>;
  readonly #waiting: WaitingWork<WaitingUnit<Stores>>;
  readonly #groups: GroupStarter;
  /** By the transactions of this process that are under way. */
  readonly #held = new HeldNames();
  #closed = false;

  constructor(options: PostgresUnitOfWorkOptions<Stores>) {
    this.#options = options;
    this.#waiting = new WaitingWork(options.clock);
    this.#groups = new GroupStarter({
      most: options.writers,
      waiting: () => this.#waiting.size,
      start: () => {
        const group = this.#takeGroup();
        return group.length > 0 ? this.#runGroup(group) : undefined;
      },
    });
  }

  run<T>(scope: UnitScope, work: (stores: Stores, commit: Commit) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageUnavailableError("The database is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add({
        ...{ scope, names: namesOfScope(scope), work, resolve: resolve as (value: unknown) => void, reject },
        deadline: scope === "everything" ? Number.POSITIVE_INFINITY : this.#options.clock.monotonic() + patience,
        ...{ losses: 0, settled: false, alone: false },
      });
      this.#groups.wake();
    });
  }

  /** Refuses further units and resolves when those that wait are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#groups.idle();
  }

  /** Units from the front that may run side by side; none overtakes one that it would have to wait for. */
  #takeGroup(): WaitingUnit<Stores>[] {
    const passedOver = new HeldNames();
    const inGroup = new HeldNames();
    let alone = false;
    let first: WaitingUnit<Stores> | undefined;
    const fits = (unit: WaitingUnit<Stores>) => {
      const { names } = unit;
      const free = [this.#held, passedOver, inGroup].every((held) => held.allow(names));
      // Claims wait for owners' names when a pool is dry, and must then hold none that somebody else waits for.
      const alike = first === undefined || namesAny(first.names) === namesAny(names);
      if (!free || !alike || (unit.alone && first)) {
        passedOver.add(names);
        return false;
      }
      alone = unit.alone;
      first ??= unit;
      inGroup.add(names);
      return true;
    };
    const group = this.#waiting.take(fits, (taken) => alone || taken >= largestGroup);
    for (const { names } of group) this.#held.add(names);
    return group;
  }

  async #runGroup(units: readonly WaitingUnit<Stores>[]): Promise<void> {
    try {
      await this.#transaction(units);
    } catch (error) {
      await this.#answerFailure(units, error);
    } finally {
      for (const { names } of units) this.#held.remove(names);
    }
  }

  async #transaction(units: readonly WaitingUnit<Stores>[]): Promise<void> {
    const { connections, guard, sessions, onEnd } = this.#options;
    const unhurried = units.some(({ scope }) => scope === "everything");
    if (!unhurried) guard.requireTrust();
    const connection = await databaseWork(() => connections.take());
    const transaction = new Transaction(connection, { name: "unit", unhurried });
    let number: number | undefined;
    let woken: ReadonlySet<WakeName> = new Set();
    try {
      const names = units.map((unit) => unit.names);
      number = await guard.beginUnits(transaction, names, unhurried);
      const outcomes = await Promise.all(units.map((unit) => this.#work(unit, transaction)));
      try {
        await commitUnits(transaction, outcomes);
        guard.noteCommit(number);
        woken = wokenBy(outcomes);
      } catch (error) {
        if (error instanceof CommitUnknownError) woken = wokenBy(outcomes);
        throw error;
      } finally {
        for (const outcome of outcomes) sessions.leave(outcome.lent, "error" in outcome);
      }
    } finally {
      await transaction.rollback();
      if (number !== undefined) onEnd(number, woken);
    }
  }

  async #work(unit: WaitingUnit<Stores>, transaction: Transaction): Promise<UnitOutcome<Stores>> {
    const lent = this.#options.sessions.enter(transaction);
    const wakes: WakeName[] = [];
    const commit: Commit = { wake: (...users) => void wakes.push(...users) };
    try {
      const { stores } = lent;
      const result = this.#options.watchdog
        ? await watchedUnit(stores, unit.scope, (watched) => unit.work(watched, commit))
        : await unit.work(stores, commit);
      return { unit, lent, wakes, result };
    } catch (error) {
      return { unit, lent, wakes, error };
    }
  }

  /** Nothing of the transaction is there, unless the error says that this is not known. */
  async #answerFailure(units: readonly WaitingUnit<Stores>[], error: unknown): Promise<void> {
    const left = units.filter(({ settled }) => !settled);
    if (error instanceof TransactionLostError) {
      for (const unit of left) unit.alone = isBetterApart(error.cause, unit.losses);
      await this.#waiting.putBackLost(left, error);
    } else if (units.length > 1 && sqlStateOf(error) !== undefined) {
      for (const unit of left) unit.alone = true;
      this.#waiting.putBack(left);
    } else {
      for (const { reject } of left) reject(storageFailure(error));
    }
    this.#groups.wake();
  }
}

function namesAny({ exclusive, shared }: ScopeNames): boolean {
  return exclusive.size + shared.size > 0;
}

/** One that waits for another process must not hold up those that it shares a transaction with. */
function isBetterApart(cause: unknown, losses: number): boolean {
  const state = sqlStateOf(cause);
  return state === lockNotAvailable || state === queryCanceled || (state !== undefined && losses >= patienceWithOthers);
}

function wokenBy<Stores>(outcomes: readonly UnitOutcome<Stores>[]): Set<WakeName> {
  return new Set(outcomes.flatMap((outcome) => ("error" in outcome ? [] : outcome.wakes)));
}
