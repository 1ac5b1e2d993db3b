import type { PostgresConnection, QueryResult } from "./postgres-connections.ts";
import { TransactionBatches } from "./transaction-batches.ts";

/** Ms that one statement may take, locks included; a transaction that idles longer is somebody's death. */
const statementTimeout = 5000;
const idleTimeout = 10_000;
/** What the process itself waits for the whole of it, in ms: a server that has vanished says nothing. */
const transactionPatience = 10_000;

/** Answering a restore empties tables of any length. */
const unhurriedPatience = 30 * 60_000;

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

const timeline = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline";

const begins = {
  unit: (settings: string) =>
    `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${settings} SELECT ${timeline}, nextval('commit_numbers') AS commit_number`,
  snapshot: (settings: string) =>
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings} SELECT ${timeline}, last_value AS commit_number FROM commit_numbers`,
};

/** One transaction on a connection of its own. */
export class Transaction {
  readonly batches = new TransactionBatches((name, sql, parameters) => this.query(name, sql, parameters));
  readonly #connection: PostgresConnection;
  readonly #kind: TransactionKind;
  readonly #deadline: NodeJS.Timeout;
  #released = false;

  constructor(connection: PostgresConnection, kind: TransactionKind) {
    this.#connection = connection;
    this.#kind = kind;
    const patience = kind.unhurried ? unhurriedPatience : transactionPatience;
    // Closing the connection rejects whatever waits on it.
    this.#deadline = setTimeout(() => this.#release(true), patience).unref();
  }

  async begin(): Promise<BeginRow> {
    const limit = this.#kind.unhurried ? 0 : statementTimeout;
    const settings = `SET LOCAL statement_timeout = ${limit}; SET LOCAL idle_in_transaction_session_timeout = ${idleTimeout};`;
    const { name } = this.#kind;
    const { rows } = await this.#connection.script<BeginRow>(`${name}.begin`, begins[name](settings));
    const row = rows[0];
    if (!row) throw new Error("BEGIN told nothing");
    return row;
  }

  query<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    return this.#connection.query<Row>(name, sql, parameters);
  }

  /** Resolves once it is durable; the connection goes back. */
  async commit(): Promise<void> {
    // A transaction in which a statement failed is rolled back by COMMIT, which says so.
    await this.#connection.script(`${this.#kind.name}.commit`, "COMMIT");
    this.#release(false);
  }

  /** Never rejects: a connection on which it fails is closed, which is a rollback too. */
  async rollback(): Promise<void> {
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
