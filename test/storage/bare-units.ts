import { join } from "node:path";
import { migrateSqlite } from "../../src/adapters/sql/dialect/sqlite/migrate-sqlite.ts";
import { SqliteConnection } from "../../src/adapters/sql/dialect/sqlite/sqlite-connection.ts";
import { sqliteSession } from "../../src/adapters/sql/dialect/sqlite/sqlite-session.ts";
import {
  SqliteUnitOfWork,
  type SqliteUnitOfWorkOptions,
} from "../../src/adapters/sql/dialect/sqlite/sqlite-unit-of-work.ts";
import { Turns } from "../../src/adapters/sql/dialect/sqlite/turns.ts";
import type { Clock } from "../../src/domain/kernel/clock.ts";
import { type NoteStores, noteStores } from "./note-stores.ts";
import { stillClock } from "./open-notes.ts";

/** Units of work without the rest, for tests that reach for the connection; `query` looks past the units. */
export function bareUnits(
  folder: string,
  overrides: Partial<SqliteUnitOfWorkOptions<NoteStores>> = {},
  clock: Clock = stillClock,
) {
  const path = join(folder, "claviger.db");
  const connection = new SqliteConnection(path, { readonly: false, clock, timer: () => undefined });
  migrateSqlite(connection);
  const session = sqliteSession(connection);
  const woken: string[] = [];
  const unitOfWork = new SqliteUnitOfWork<NoteStores>({
    connection,
    stores: noteStores(session),
    stream: session.stream,
    turns: new Turns(),
    wake: (userIds) => woken.push(...userIds),
    beforeCommit: () => undefined,
    watchdog: false,
    ...overrides,
  });
  const column = (sql: string) => connection.raw.prepare(sql).pluck().all();
  return {
    unitOfWork,
    woken,
    raw: connection.raw,
    notes: () => column("SELECT filter_id FROM filters ORDER BY filter_id"),
    commitNumber: () => column("SELECT commit_number FROM stream")[0] as number,
  };
}
