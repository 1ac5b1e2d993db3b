import { migrations } from "../../migrations/index.ts";
import type { Migration } from "../../migrations/migration.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

const columnTypes = { bytes: "BLOB", integer: "INTEGER", text: "TEXT", clustered: " WITHOUT ROWID, STRICT" } as const;

/** A database that a newer server has migrated: this one must not touch it. */
export class DatabaseTooNewError extends Error {
  constructor(found: number, known: number) {
    super(`the database has schema version ${found}, this server knows up to ${known}: run the newer server`);
    this.name = "DatabaseTooNewError";
  }
}

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
