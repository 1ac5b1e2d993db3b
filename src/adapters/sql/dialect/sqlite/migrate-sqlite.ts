import { migrations } from "../../migrations/index.ts";
import type { ColumnTypes, Migration } from "../../migrations/migration.ts";
import { DatabaseTooNewError } from "../database-too-new-error.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

const columnTypes: ColumnTypes = {
  ...{ bytes: "BLOB", integer: "INTEGER", text: "TEXT", clustered: " WITHOUT ROWID, STRICT" },
  sequence: () => [],
};

/** Brings the schema up to date, one transaction a migration, under SQLite's write lock. */
export function migrateSqlite(
  connection: SqliteConnection,
  steps: readonly Migration[] = migrations,
): { from: number; to: number } {
  const { raw } = connection;
  const version = () => raw.pragma("user_version", { simple: true }) as number;
  const from = version();
  if (from > steps.length) throw new DatabaseTooNewError(from, steps.length);
  for (let step = from; step < steps.length; step++) {
    const apply = raw.transaction((migration: Migration) => {
      // Another process may have taken this step while we waited for the lock.
      if (version() !== step) return;
      for (const statement of migration.statements(columnTypes)) raw.exec(statement);
      raw.pragma(`user_version = ${step + 1}`);
    });
    apply.immediate(steps[step] as Migration);
  }
  return { from, to: steps.length };
}
