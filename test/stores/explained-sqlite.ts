import { createStores, type Stores } from "../../src/adapters/sql/create-stores.ts";
import { migrateSqlite } from "../../src/adapters/sql/dialect/sqlite/migrate-sqlite.ts";
import { SqliteConnection } from "../../src/adapters/sql/dialect/sqlite/sqlite-connection.ts";
import { sqliteSession } from "../../src/adapters/sql/dialect/sqlite/sqlite-session.ts";

const stillClock = { now: () => 0, monotonic: () => 0 };

/** SQLite that remembers each statement's text, so that it can tell how it goes about it. */
class ExplainedSqlite extends SqliteConnection {
  readonly #statements = new Map<string, string>();

  override prepare<Parameters extends unknown[], Row>(name: string, sql: string) {
    this.#statements.set(name, sql);
    return super.prepare<Parameters, Row>(name, sql);
  }

  /** By statement: the lines of its query plan. */
  explain(): Map<string, string[]> {
    return new Map([...this.#statements].map(([name, sql]) => [name, this.#planOf(sql)]));
  }

  #planOf(sql: string): string[] {
    const explained = this.raw.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
    const parameters = Array.from(sql.matchAll(/\?/g), () => 1);
    const named = Object.fromEntries(Array.from(sql.matchAll(/@(\w+)/g), ([, name]) => [name, 1]));
    return explained.all(...parameters, named).map(({ detail }) => detail);
  }
}

/**
 * By statement: the query plans of the hot statements, and of all others that `use` runs. What it appends is there once it
 * has asked for that.
 */
export async function explainStores(use: (stores: Stores, flush: () => Promise<void>) => Promise<void>) {
  const connection = new ExplainedSqlite(":memory:", { readonly: false, clock: stillClock, timer: () => undefined });
  try {
    migrateSqlite(connection);
    const session = sqliteSession(connection);
    const hot = connection.explain();
    connection.control("test.begin", "BEGIN", "open")();
    const flush = () => session.stream.flush((place) => place);
    await use(createStores(session), flush);
    await flush();
    const others = new Map([...connection.explain()].filter(([name]) => !hot.has(name)));
    return { hot, others };
  } finally {
    connection.raw.close();
  }
}
