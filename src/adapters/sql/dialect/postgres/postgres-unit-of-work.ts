import type { Clock } from "../../../../domain/kernel/clock.ts";
import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import type { Commit, UnitOfWork, UnitScope } from "../../../../domain/kernel/unit-of-work.ts";
import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import { watchedUnit } from "../watched-work.ts";
import { commitUnits, databaseWork, type UnitOutcome } from "./commit-units.ts";
import { isTransient, storageFailure, TransactionLostError } from "./database-error.ts";
import type { PostgresConnections } from "./postgres-connections.ts";
import type { PostgresGuard } from "./postgres-guard.ts";
import { HeldNames, namesOfScope, type ScopeNames } from "./scope-names.ts";
import type { SessionPool } from "./session-pool.ts";
import { Slots } from "./slots.ts";
import { Transaction } from "./transaction.ts";
import { patience, WaitingWork } from "./waiting-work.ts";

/** Units in one transaction: those that wait together. */
const largestGroup = 256;
/** How often a unit is run again whose transaction was lost. */
const mostAttempts = 5;
/** Ms before a transaction is tried again. */
const pauseAfterLoss = 50;

export interface PostgresUnitOfWorkOptions<Stores> {
  readonly connections: PostgresConnections;
  readonly sessions: SessionPool<Stores>;
  readonly guard: PostgresGuard;
  readonly clock: Clock;
  /** Transactions at once. */
  readonly writers: number;
  /** Called after each transaction: who is to be woken; nobody when it was rolled back. It must not throw. */
  readonly onEnd: (commitNumber: number, woken: ReadonlySet<UserId>) => void;
  readonly watchdog: boolean;
}

export interface WaitingUnit<Stores> {
  readonly scope: UnitScope;
  readonly names: ScopeNames;
  readonly work: (stores: Stores, commit: Commit) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly deadline: number;
  attempts: number;
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
  readonly #slots: Slots;
  /** By the transactions of this process that are under way. */
  readonly #held = new HeldNames();
  #scheduled = false;
  #closed = false;

  constructor(options: PostgresUnitOfWorkOptions<Stores>) {
    this.#options = options;
    this.#waiting = new WaitingWork(options.clock);
    this.#slots = new Slots(options.writers);
  }

  run<T>(scope: UnitScope, work: (stores: Stores, commit: Commit) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageUnavailableError("The database is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add({
        ...{ scope, names: namesOfScope(scope), work, resolve: resolve as (value: unknown) => void, reject },
        deadline: scope === "everything" ? Number.POSITIVE_INFINITY : this.#options.clock.monotonic() + patience,
        ...{ attempts: 0, settled: false, alone: false },
      });
      this.#schedule();
    });
  }

  /** Refuses further units and resolves when those that wait are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.size > 0 || !this.#slots.free) await nextTurn();
    await this.#slots.idle();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    // After the I/O phase: the requests that were read in one turn of the loop share a transaction.
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#slots.free) {
        const group = this.#takeGroup();
        if (group.length === 0) return;
        void this.#slots.use(() => this.#runGroup(group)).finally(() => this.#schedule());
      }
    });
  }

  /** Units from the front that may run side by side; none overtakes one that it would have to wait for. */
  #takeGroup(): WaitingUnit<Stores>[] {
    const passedOver = new HeldNames();
    const inGroup = new HeldNames();
    let alone = false;
    let count = 0;
    const fits = (unit: WaitingUnit<Stores>) => {
      const { names } = unit;
      const free = [this.#held, passedOver, inGroup].every((held) => held.allow(names));
      if (!free || (unit.alone && count > 0)) {
        passedOver.add(names);
        return false;
      }
      alone = unit.alone;
      count++;
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
    let woken: ReadonlySet<UserId> = new Set();
    try {
      const names = units.map((unit) => unit.names);
      number = await guard.beginUnits(transaction, names, unhurried);
      const outcomes = await Promise.all(units.map((unit) => this.#work(unit, transaction)));
      try {
        woken = await commitUnits(transaction, outcomes);
        guard.noteCommit(number);
      } finally {
        for (const { lent } of outcomes) sessions.leave(lent);
      }
    } finally {
      await transaction.rollback();
      if (number !== undefined) onEnd(number, woken);
    }
  }

  async #work(unit: WaitingUnit<Stores>, transaction: Transaction): Promise<UnitOutcome<Stores>> {
    const lent = this.#options.sessions.enter(transaction);
    const wakes: UserId[] = [];
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
    const again: WaitingUnit<Stores>[] = [];
    const lost = error instanceof TransactionLostError;
    for (const unit of units) {
      if (unit.settled) continue;
      unit.attempts++;
      const mayTry = lost ? unit.attempts < mostAttempts : units.length > 1 && !isTransient(error);
      if (!mayTry || error instanceof StorageUnavailableError) {
        unit.reject(storageFailure(error));
        continue;
      }
      unit.alone = !lost || unit.attempts > 2;
      again.push(unit);
    }
    if (again.length === 0) return;
    if (lost) await new Promise((resolve) => setTimeout(resolve, pauseAfterLoss * (again[0]?.attempts ?? 1)).unref());
    this.#waiting.putBack(again);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
