import type { CompiledQuery, Expression, Kysely } from "kysely";
import type { HotStatements } from "./dialect/hot-statements.ts";
import type { Schema } from "./schema.ts";
import type { StreamBuffer } from "./stream-buffer.ts";

/** A query of the builder: `db.selectFrom(…)`, `db.insertInto(…)` and so on. */
export interface Query<Row> {
  compile(): CompiledQuery<Row>;
}

/**
 * What stores work with: one connection, inside a unit of work or a snapshot.
 * Every query has a name (`store.what-it-does`), under which it is timed and counted.
 */
export interface SqlSession {
  /** Writes queries; it does not run them. */
  readonly db: Kysely<Schema>;
  /**
   * For queries: ms since the epoch when the query runs, by the clock that all processes on this database share.
   */
  now(): Expression<number>;
  all<Row>(name: string, query: Query<Row>): Promise<Row[]>;
  /** The first row, or `undefined`. */
  first<Row>(name: string, query: Query<Row>): Promise<Row | undefined>;
  /** Runs a query that gives no rows; resolves to the number of rows that it changed. */
  run(name: string, query: Query<unknown>): Promise<number>;
  /** For reads of many pages: awaited between two of them, the function lets others work when it is time. */
  givingWay(): () => Promise<void>;
  /** Rooms that a sync reads side by side. */
  readonly roomsAtOnce: number;
  /** The statements that a claim, an upload, a query and a waiting sync stand on: hand-written, one file per engine. */
  readonly hot: HotStatements;
  /** Collects the rows of this unit that take a stream position. */
  readonly stream: StreamBuffer;
}
