import { hash } from "node:crypto";
import type { Duplex } from "node:stream";
import { Pool, type PoolClient, TypeOverrides } from "pg";
import type { Clock } from "../../../../domain/kernel/clock.ts";
import type { QueryTimer } from "../query-timer.ts";
import { isStatementNameLost } from "./database-error.ts";
import { streamOf } from "./driver-stream.ts";

export interface QueryResult<Row> {
  readonly rows: Row[];
  /** Rows that were changed, or found. */
  readonly count: number;
  /** What was done, as the database says: `SELECT`, `COMMIT`… */
  readonly command: string;
}

/** One connection, lent for a transaction. Queries may be sent before the answers to earlier ones have come. */
export interface PostgresConnection {
  /** A statement with parameters. */
  query<Row>(name: string, sql: string, parameters: readonly unknown[]): Promise<QueryResult<Row>>;
  /** Statements without parameters, separated by semicolons; gives the rows of the last one. */
  script<Row>(name: string, sql: string): Promise<QueryResult<Row>>;
  /** Gives the connection back, once. With `broken` it is closed: nobody knows what it is in the middle of. */
  release(broken: boolean): void;
}

export interface ConnectionsOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly preparedStatements: "auto" | "on" | "off";
  readonly clock: Clock;
  readonly timer: QueryTimer;
}

/** How long a request waits for a connection, in ms. */
const connectPatience = 5000;
/** How long what is asked outside units and reads may take, in ms. */
const lendPatience = 10_000;
/** A connection that nobody needed for so long is closed, in ms. */
const idleTime = 60_000;

const int8 = 20;
/** Positions, times and counts are below 2^53. */
export const columnTypes = new TypeOverrides();
columnTypes.setTypeParser(int8, Number);

/** The pool of connections. */
export class PostgresConnections {
  readonly #pool: Pool;
  readonly #options: ConnectionsOptions;
  #prepares: boolean;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#prepares = options.preparedStatements !== "off";
    this.#pool = new Pool({
      ...{ connectionString: options.url, max: options.poolSize, pipeline: true, types: columnTypes },
      ...{ connectionTimeoutMillis: connectPatience, idleTimeoutMillis: idleTime, keepAlive: true },
      application_name: "claviger",
    } as ConstructorParameters<typeof Pool>[0]);
    // An idle connection that breaks is gone, and the next request opens another; one that is lent tells its queries.
    this.#pool.on("error", () => undefined);
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
  }

  /** For a transaction of units or of reads. */
  take(): Promise<PostgresConnection> {
    return this.#connect(true);
  }

  /**
   * Lends a connection for what is asked outside units and reads. It is closed when `work` fails or takes longer than
   * `patience` ms, so that no transaction stays open on it, and nobody waits for ever.
   */
  async lend<T>(work: (connection: PostgresConnection) => Promise<T>, patience = lendPatience): Promise<T> {
    const connection = await this.#connect(false);
    // Closing the connection rejects whatever waits on it.
    const deadline = setTimeout(() => connection.release(true), patience);
    let failed = true;
    try {
      const result = await work(connection);
      failed = false;
      return result;
    } finally {
      clearTimeout(deadline);
      connection.release(failed);
    }
  }

  /** @param repeats whether its statements come again and again: to what is rare a name would bring nothing */
  async #connect(repeats: boolean): Promise<PostgresConnection> {
    const client = await this.#pool.connect();
    const sending = new GatheredSending(streamOf(client));
    let released = false;
    return {
      query: async (name, sql, parameters) => {
        sending.begin();
        const text = this.#prepares && repeats ? { name: statementName(name, sql), text: sql } : { text: sql };
        return this.#timed(name, () => client.query({ ...text, values: parameters as unknown[] }));
      },
      script: (name, sql) => {
        sending.begin();
        return this.#timed(name, () => client.query(sql));
      },
      release: (broken) => {
        if (!released) releaseClient(client, broken);
        released = true;
      },
    };
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #timed<Row>(name: string, run: () => Promise<unknown>): Promise<QueryResult<Row>> {
    const { clock, timer, preparedStatements } = this.#options;
    const start = clock.monotonic();
    try {
      const results = await run();
      timer(name, clock.monotonic() - start);
      const last = (Array.isArray(results) ? results.at(-1) : results) as DriverResult<Row>;
      return { rows: last.rows, count: last.rowCount ?? 0, command: last.command };
    } catch (error) {
      // A pooler that changes servers between transactions knows nothing of names: from now on do without.
      if (preparedStatements === "auto" && isStatementNameLost(error)) this.#prepares = false;
      throw error;
    }
  }
}

interface DriverResult<Row> {
  readonly rows: Row[];
  readonly rowCount: number | null;
  readonly command: string;
}

/** Two versions of a statement, of an old process and of a new one behind one pooler, have two names. */
const names = new Map<string, string>();

function statementName(name: string, sql: string): string {
  let known = names.get(sql);
  if (known === undefined) {
    known = `${name.slice(0, 40)} ${hash("sha256", sql, "hex").slice(0, 16)}`;
    if (names.size < 2000) names.set(sql, known);
  }
  return known;
}

function releaseClient(client: PoolClient, broken: boolean): void {
  client.release(broken);
  // A server that says nothing more would not answer a farewell either, and who waits for it must be told.
  if (broken) streamOf(client).destroy();
}

/** What is asked at one moment goes out in one piece: each piece wakes a process of the database. */
class GatheredSending {
  readonly #stream: Duplex;
  #gathering = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  begin(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#stream.cork();
    // Behind the statements that transaction-batches.ts makes of the calls of this moment.
    void Promise.resolve().then(() => process.nextTick(() => process.nextTick(() => this.#end())));
  }

  #end(): void {
    this.#gathering = false;
    this.#stream.uncork();
  }
}
