import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";
import { LRUCache } from "lru-cache";
import type { Schema } from "../../schema.ts";
import type { Query, SqlSession } from "../../session.ts";
import { StreamBuffer } from "../../stream-buffer.ts";
import type { SqliteConnection, SqliteStatement } from "./sqlite-connection.ts";
import { sqliteHotStatements } from "./sqlite-hot-statements.ts";

/**
 * With a bare `?` where its value may decide the plan, SQLite compiles a statement anew each time that it runs; a plus
 * before it changes nothing but that.
 */
class SteadyQueryCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return "+?";
  }
}

/** Kysely as a writer of queries only: running them is the session's. */
const builder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SteadyQueryCompiler(),
  },
});

const preparedStatements = 500;

export function sqliteSession(connection: SqliteConnection): SqlSession {
  const statements = new LRUCache<string, SqliteStatement<unknown[], unknown>>({ max: preparedStatements });

  function prepared<Row>(name: string, query: Query<Row>): [SqliteStatement<unknown[], Row>, unknown[]] {
    const { sql, parameters } = query.compile();
    let statement = statements.get(sql);
    if (!statement) {
      statement = connection.prepare<unknown[], unknown>(name, sql);
      statements.set(sql, statement);
    }
    return [statement as SqliteStatement<unknown[], Row>, parameters as unknown[]];
  }

  return {
    db: builder,
    // The file is one process's: its clock is the clock.
    now: () => sql<number>`${connection.wallClock()}`,
    async all(name, query) {
      const [statement, parameters] = prepared(name, query);
      return statement.all(...parameters);
    },
    async first(name, query) {
      const [statement, parameters] = prepared(name, query);
      return statement.first(...parameters);
    },
    async run(name, query) {
      const [statement, parameters] = prepared(name, query);
      return statement.run(...parameters);
    },
    givingWay: () => connection.givingWay(),
    // They are read one after another, and the event loop has a turn behind each page.
    roomsAtOnce: 4,
    hot: sqliteHotStatements(connection),
    stream: new StreamBuffer(),
  };
}
