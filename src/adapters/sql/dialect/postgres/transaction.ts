import { TransactionLostError } from "./database-error.ts";
import type { PostgresConnection, QueryResult } from "./postgres-connections.ts";
import { TransactionBatches } from "./transaction-batches.ts";

/** Ms that one statement may take, and wait for a lock; a transaction that idles longer is somebody's death. */
const statementTimeout = 5000;
const lockTimeout = 2000;
const idleTimeout = 5000;
/** What the process itself waits for the whole of it, in ms: a server that has vanished says nothing. */
const transactionPatience = 10_000;

/** Answering a restore empties tables of any length, a migration changes them. */
export const unhurriedPatience = 30 * 60_000;

/** What every transaction is told first: where the database stands (rule E5). */
export interface BeginRow {
  /** Eight hexadecimal digits: another one after each promotion and each recovery to a point in time. */
  readonly timeline: string;
  /** Rises with every transaction that may write; in a read, the highest that has been handed out. */
  readonly commit_number: number;
}

export interface TransactionKind {
  readonly name: "unit" | "snapshot";
  readonly unhurried: boolean;
}

const begins = {
  unit: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
  snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
};

/**
 * `SET LOCAL` and the question in one statement, which is planned once. Statements are short here: compiling one to machine
 * code, as a list of many names can make the planner wish, would take seconds.
 */
const tellText = (number: string) => `SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline,
  ${number} AS commit_number, set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
  set_config('idle_in_transaction_session_timeout', '${idleTimeout}', true), set_config('jit', 'off', true)`;

const tells = {
  unit: tellText("nextval('commit_numbers')"),
  snapshot: tellText("(SELECT last_value FROM commit_numbers)"),
};

/** One transaction on a connection of its own; until it is begun each statement is one by itself. */
export class Transaction {
  readonly batches = new TransactionBatches((name, sql, parameters) => this.query(name, sql, parameters));
  readonly #connection: PostgresConnection;
  readonly #kind: TransactionKind;
  readonly #deadline: NodeJS.Timeout;
  #begun = false;
  #released = false;
  #failure: unknown;

  constructor(connection: PostgresConnection, kind: TransactionKind) {
    this.#connection = connection;
    this.#kind = kind;
    const patience = kind.unhurried ? unhurriedPatience : transactionPatience;
    // Closing the connection rejects whatever waits on it.
    this.#deadline = setTimeout(() => this.#release(true), patience).unref();
  }

  async begin(): Promise<BeginRow> {
    this.#begun = true;
    const { name, unhurried } = this.#kind;
    const limits = unhurried ? [0, 0] : [statementTimeout, lockTimeout];
    // Both are sent at once. Were BEGIN refused, the question would change nothing by itself.
    const [, { rows }] = await Promise.all([
      this.#connection.script(`${name}.begin`, begins[name]),
      this.#connection.query<BeginRow>(`${name}.tell`, tells[name], limits),
    ]);
    const row = rows[0];
    if (!row) throw new Error("The database told nothing of itself");
    return row;
  }

  query<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    const answer = this.#connection.query<Row>(name, sql, parameters);
    answer.catch((error: unknown) => {
      this.#failure ??= error;
    });
    return answer;
  }

  /** With what a statement failed first: with it the transaction has, and every statement after it. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Resolves once it is durable; the connection goes back. */
  async commit(): Promise<void> {
    const { command } = await this.#connection.script(`${this.#kind.name}.commit`, "COMMIT");
    this.#release(false);
    // A transaction in which a statement failed is rolled back by COMMIT, which says so.
    if (command !== "COMMIT") throw new TransactionLostError(new Error(`COMMIT was answered by ${command}`));
  }

  /** Never rejects: a connection on which it fails is closed, which is a rollback too. */
  async rollback(): Promise<void> {
    if (!this.#begun) this.#release(false);
    if (this.#released) return;
    try {
      await this.#connection.script(`${this.#kind.name}.rollback`, "ROLLBACK");
      this.#release(false);
    } catch {
      this.#release(true);
    }
  }

  #release(broken: boolean): void {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#deadline);
    this.#connection.release(broken);
  }
}
