import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import type { Commit, UnitOfWork, UnitScope, WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import type { StreamBuffer } from "../../stream-buffer.ts";
import { watchedUnit } from "../watched-work.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { transactionStatements } from "./transaction-statements.ts";
import type { Turns } from "./turns.ts";

/** A group ends after so many units, or so many ms: what waits beyond is for the next, and the event loop has a turn. */
const largestGroup = { units: 256, milliseconds: 10 };

export interface SqliteUnitOfWorkOptions<Stores> {
  readonly connection: SqliteConnection;
  readonly stores: Stores;
  readonly stream: StreamBuffer;
  readonly turns: Turns;
  /** Called after the commit with everyone who is to be woken. It must not throw. */
  readonly wake: (names: Iterable<WakeName>) => void;
  /** Called before the commit that has this number (rule E5), under SQLite's write lock. */
  readonly beforeCommit: (commitNumber: number) => void;
  /** Rejects units that await anything but their stores. */
  readonly watchdog: boolean;
}

interface WaitingUnit<Stores> {
  readonly scope: UnitScope;
  readonly work: (stores: Stores, commit: Commit) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** One transaction on its way to its commit. */
interface Group {
  /** The highest position that its units have taken. */
  position: number;
  /** How its units ended, told to their callers only when the group is committed. */
  readonly settlements: (() => void)[];
  readonly woken: Set<WakeName>;
}

/**
 * Group commit: units that wait together run strictly one after another, a savepoint each, in one transaction with one
 * fsync; each is answered after it (docs/decisions/0003).
 */
export class SqliteUnitOfWork<Stores> implements UnitOfWork<Stores> {
  readonly #options: SqliteUnitOfWorkOptions<Stores>;
  readonly #statements: ReturnType<typeof transactionStatements>;
  readonly #waiting: WaitingUnit<Stores>[] = [];
  #scheduled = false;
  #closed = false;

  constructor(options: SqliteUnitOfWorkOptions<Stores>) {
    this.#options = options;
    this.#statements = transactionStatements(options.connection);
  }

  /** Units run one after another: each has everything to itself, whatever its scope names. */
  run<T>(scope: UnitScope, work: (stores: Stores, commit: Commit) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageUnavailableError("The database is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ scope, work, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  /** Refuses further units and resolves when those that wait are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.length > 0) await nextTurn();
    await this.#options.turns.take(async () => undefined);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the I/O phase, so that all requests read from their sockets in one turn of the loop share a commit; and one
    // group a turn, so that the loop reads sockets between groups.
    setImmediate(() => void this.#options.turns.take(() => this.#commitGroup()));
  }

  async #commitGroup(): Promise<void> {
    this.#scheduled = false;
    const units: WaitingUnit<Stores>[] = [];
    try {
      const { settlements, woken } = await this.#transaction(units);
      for (const settle of settlements) settle();
      if (woken.size > 0) this.#options.wake(woken);
    } catch (error) {
      const unavailable = new StorageUnavailableError("The database did not store the changes", error);
      // A transaction that could not even begin is refused to everyone who waits. After a commit everybody is settled,
      // and this does nothing.
      const refused = units.length > 0 ? units : this.#waiting.splice(0);
      for (const unit of refused) unit.reject(unavailable);
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Moves the units that it runs from those that wait to `units`. */
  async #transaction(units: WaitingUnit<Stores>[]): Promise<Group> {
    const { connection, stream } = this.#options;
    const { begin, counters, totalChanges, commit, rollback } = this.#statements;
    const end = connection.now() + largestGroup.milliseconds;
    try {
      begin();
      // Read anew each time: the command line may have written in between.
      const before = counters();
      const changesBefore = totalChanges();
      const group: Group = { position: before.position, settlements: [], woken: new Set() };
      while (units.length < largestGroup.units && (units.length === 0 || connection.now() < end)) {
        const unit = this.#waiting.shift();
        if (!unit) break;
        units.push(unit);
        await this.#unit(unit, group);
      }
      if (totalChanges() !== changesBefore) this.#number(group, before.commit_number + 1);
      commit();
      return group;
    } catch (error) {
      stream.discard();
      if (connection.inTransaction) rollback();
      throw error;
    }
  }

  #number(group: Group, commitNumber: number): void {
    this.#statements.saveCounters(group.position, commitNumber);
    this.#options.beforeCommit(commitNumber);
  }

  /** Runs one unit in its savepoint; throws only when the whole group is lost. */
  async #unit(unit: WaitingUnit<Stores>, group: Group): Promise<void> {
    const { connection, stream } = this.#options;
    const { savepoint, release, rollbackTo } = this.#statements;
    const wakes: WakeName[] = [];
    savepoint();
    try {
      const result = await this.#work(unit, { wake: (...users) => void wakes.push(...users) });
      const position = await this.#flush(group.position);
      // A unit may have caught the error with which SQLite ended the transaction.
      if (!connection.inTransaction) throw new Error("SQLite has rolled back");
      release();
      group.position = position;
      for (const userId of wakes) group.woken.add(userId);
      group.settlements.push(() => unit.resolve(result));
    } catch (error) {
      // Store calls that ran beside the failed one (`Promise.all`) end first: they belong to this savepoint.
      await nextTurn();
      stream.discard();
      // On a full disk or an I/O error SQLite rolls back by itself, and all units before this one are gone with it.
      if (!connection.inTransaction) throw error;
      rollbackTo();
      release();
      group.settlements.push(() => unit.reject(error));
    }
  }

  #work(unit: WaitingUnit<Stores>, commit: Commit): Promise<unknown> {
    const { stores, watchdog } = this.#options;
    return watchdog ? watchedUnit(stores, unit.scope, (lent) => unit.work(lent, commit)) : unit.work(stores, commit);
  }

  /** Writes the unit's stream rows; gives the highest position of the group so far. */
  async #flush(position: number): Promise<number> {
    const { stream } = this.#options;
    if (stream.size === 0) return position;
    // The unit, or one before it, may have moved the counter itself: a new epoch.
    const first = Math.max(position, this.#statements.counters().position) + 1;
    const last = first + stream.size - 1;
    await stream.flush((place) => first + place);
    return last;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
