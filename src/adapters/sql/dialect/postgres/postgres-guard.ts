import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import { databaseWork } from "./commit-units.ts";
import type { RestoreWatch } from "./restore-watch.ts";
import { lockNames, type ScopeNames } from "./scope-names.ts";
import type { Transaction } from "./transaction.ts";

/** What each transaction says of itself at its begin is held against what is known of the database (rule E5). */
export class PostgresGuard {
  readonly #watch: RestoreWatch;
  readonly #onRestore: (reason: string) => void;

  constructor(watch: RestoreWatch, onRestore: (reason: string) => void) {
    this.#watch = watch;
    this.#onRestore = onRestore;
  }

  /** @throws StorageUnavailableError while a restore waits for its answer */
  requireTrust(): void {
    const { suspected } = this.#watch;
    if (suspected !== undefined) throw new StorageUnavailableError(`The database looks restored: ${suspected}`);
  }

  /** Begins a transaction of units and holds their names; gives its number. */
  async beginUnits(transaction: Transaction, scopes: readonly ScopeNames[], trusted: boolean): Promise<number> {
    const { committed } = this.#watch;
    // Both are sent at once. Were BEGIN refused, the locks would end with their own statement.
    const [begun] = await databaseWork(() =>
      Promise.all([transaction.begin(), lockNames((...query) => transaction.query(...query), scopes)]),
    );
    if (!trusted) this.#judge(this.#watch.judge(begun, committed + 1));
    this.#watch.reserve(begun.commit_number);
    return begun.commit_number;
  }

  async beginSnapshot(transaction: Transaction): Promise<void> {
    const { committed } = this.#watch;
    this.#judge(this.#watch.judge(await databaseWork(() => transaction.begin()), committed));
  }

  noteCommit(number: number): void {
    this.#watch.noteCommit(number);
  }

  #judge(reason: string | undefined): void {
    if (reason === undefined) return;
    // Of the transactions that notice it at the same time one tells.
    if (this.#watch.suspect(reason)) this.#onRestore(reason);
    this.requireTrust();
  }
}
