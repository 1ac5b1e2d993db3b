import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from "kysely";
import type { Schema } from "../../schema.ts";
import type { Query, SqlSession } from "../../session.ts";
import { StreamBuffer } from "../../stream-buffer.ts";
import { appserviceStatements } from "./hot/appservice-statements.ts";
import { claimStatements } from "./hot/claim-statements.ts";
import { deviceChangeStatements } from "./hot/device-change-statements.ts";
import { eventStatements } from "./hot/event-statements.ts";
import { federationStatements } from "./hot/federation-statements.ts";
import { keyBackupStatements } from "./hot/key-backup-statements.ts";
import { membershipStatements } from "./hot/membership-statements.ts";
import { queryStatements } from "./hot/query-statements.ts";
import { relationStatements } from "./hot/relation-statements.ts";
import { remoteDeviceListStatements } from "./hot/remote-device-list-statements.ts";
import { requesterStatements } from "./hot/requester-statements.ts";
import { roomStateStatements } from "./hot/room-state-statements.ts";
import { roomStatements } from "./hot/room-statements.ts";
import { roomSyncStatements } from "./hot/room-sync-statements.ts";
import { sendingStatements } from "./hot/sending-statements.ts";
import { sentEventStatements } from "./hot/sent-event-statements.ts";
import { syncStatements } from "./hot/sync-statements.ts";
import { uploadStatements } from "./hot/upload-statements.ts";
import type { QueryResult } from "./postgres-connections.ts";
import type { StatementRunner } from "./statement-runner.ts";
import type { Transaction } from "./transaction.ts";
import type { SharedStatement } from "./transaction-batches.ts";

/** Kysely as a writer of queries only: running them is the session's. */
const builder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * One unit's or one read's access to the database. Sessions are used again, one transaction after another, for making
 * the stores anew costs more than a statement.
 */
export class PostgresSession implements SqlSession, StatementRunner {
  readonly db = builder;
  readonly stream = new StreamBuffer();
  readonly hot: SqlSession["hot"];
  /** What is asked of all of them is one statement; of more rooms the answer would hold the event loop. */
  readonly roomsAtOnce = 16;
  /** Whether something of the current transaction was changed through this session. */
  wrote = false;
  #transaction: Transaction | undefined;

  constructor() {
    this.hot = {
      ...requesterStatements(this),
      ...appserviceStatements(this),
      ...claimStatements(this),
      ...deviceChangeStatements(this),
      ...federationStatements(this),
      ...keyBackupStatements(this),
      ...queryStatements(this),
      ...remoteDeviceListStatements(this),
      ...sendingStatements(this),
      ...syncStatements(this),
      ...eventStatements(this),
      ...membershipStatements(this),
      ...roomStatements(this),
      ...roomStateStatements(this),
      ...roomSyncStatements(this),
      ...relationStatements(this),
      ...sentEventStatements(this),
      ...uploadStatements(this),
    };
  }

  enter(transaction: Transaction): void {
    this.#transaction = transaction;
    this.wrote = false;
  }

  leave(): void {
    this.#transaction = undefined;
    this.stream.discard();
  }

  now() {
    return sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
  }

  /** Each statement is a turn of the event loop by itself. */
  givingWay() {
    return async () => undefined;
  }

  async all<Row>(name: string, query: Query<Row>): Promise<Row[]> {
    return (await this.#execute<Row>(name, query)).rows;
  }

  async first<Row>(name: string, query: Query<Row>): Promise<Row | undefined> {
    return (await this.#execute<Row>(name, query)).rows[0];
  }

  async run(name: string, query: Query<unknown>): Promise<number> {
    return (await this.#execute(name, query)).count;
  }

  read<Row>(name: string, text: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    return this.#open().query<Row>(name, text, parameters);
  }

  write<Row>(name: string, text: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    this.wrote = true;
    return this.read<Row>(name, text, parameters);
  }

  together<Key, Answer>(statement: SharedStatement<Key, Answer>, key: Key): Promise<Answer> {
    if (statement.writes) this.wrote = true;
    return this.#open().batches.call(statement, key);
  }

  #execute<Row>(name: string, query: Query<Row>): Promise<QueryResult<Row>> {
    const { sql: text, parameters } = query.compile();
    return text.startsWith("select") ? this.read<Row>(name, text, parameters) : this.write<Row>(name, text, parameters);
  }

  #open(): Transaction {
    if (!this.#transaction) throw new Error("A store was asked for outside a transaction");
    return this.#transaction;
  }
}
