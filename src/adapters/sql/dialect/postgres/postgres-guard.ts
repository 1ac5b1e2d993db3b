import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";
import { databaseWork } from "./commit-units.ts";
import { TransactionLostError } from "./database-error.ts";
import type { RestoreWatch } from "./restore-watch.ts";
import { lockNames, type ScopeNames } from "./scope-names.ts";
import type { BeginRow, Transaction } from "./transaction.ts";

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
    // Both are sent at once, BEGIN first. Were it refused, the locks would end with their own statement.
    const [begun] = await Promise.all([
      beginning(transaction),
      databaseWork(() => lockNames((...query) => transaction.query(...query), scopes)),
    ]);
    if (!trusted) this.#judge(this.#watch.judge(begun, committed + 1));
    this.#watch.reserve(begun.commit_number);
    return begun.commit_number;
  }

  async beginSnapshot(transaction: Transaction): Promise<void> {
    const { committed } = this.#watch;
    this.#judge(this.#watch.judge(await beginning(transaction), committed));
  }

  /** Of this process's transaction, or of another's that told of it. */
  noteCommit(number: number): void {
    this.#watch.noteCommit(number);
  }

  /** The highest number of a transaction that is durable for certain. */
  get committed(): number {
    return this.#watch.committed;
  }

  /** Holds the highest number that was handed out against one that is durable. */
  judgeLastNumber(last: number, lowest: number): void {
    if (this.#watch.suspected === undefined) this.#judge(this.#watch.judgeNumber(last, lowest));
  }

  #judge(reason: string | undefined): void {
    if (reason === undefined) return;
    // Of the transactions that notice it at the same time one tells.
    if (this.#watch.suspect(reason)) this.#onRestore(reason);
    this.requireTrust();
  }
}

/** Whatever BEGIN is refused with says something of the server, such as that it is a standby. */
async function beginning(transaction: Transaction): Promise<BeginRow> {
  try {
    return await transaction.begin();
  } catch (error) {
    throw new TransactionLostError(error);
  }
}
