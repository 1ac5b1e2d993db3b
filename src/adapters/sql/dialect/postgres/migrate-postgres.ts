import { migrations } from "../../migrations/index.ts";
import type { ColumnTypes, Migration } from "../../migrations/migration.ts";
import { DatabaseTooNewError } from "../database-too-new-error.ts";
import type { PostgresConnection } from "./postgres-connections.ts";

/** Texts are compared byte by byte, as SQLite does, whatever the database's language. */
const columnTypes: ColumnTypes = {
  ...{ bytes: "bytea", integer: "bigint", text: 'text COLLATE "C"', clustered: "" },
  sequence: (name) => [`CREATE SEQUENCE ${name}`],
};

/** Processes that start together migrate one after another. */
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('claviger migrations', 0))";
const versionTable = "CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)";

/** Brings the schema up to date, one transaction a migration. @throws DatabaseTooNewError */
export async function migratePostgres(
  connection: PostgresConnection,
  steps: readonly Migration[] = migrations,
): Promise<{ from: number; to: number }> {
  const from = await findPostgresVersion(connection);
  if (from > steps.length) throw new DatabaseTooNewError(from, steps.length);
  for (const [index, migration] of steps.entries()) {
    if (index >= from) await applyStep(connection, index, migration);
  }
  return { from, to: steps.length };
}

/** Migrations that the database has seen. */
export async function findPostgresVersion(connection: PostgresConnection): Promise<number> {
  const exists = "SELECT to_regclass('schema_version') IS NOT NULL AS made";
  const [table] = (await connection.query<{ made: boolean }>("migrations.table", exists, [])).rows;
  if (!table?.made) return 0;
  const version = "SELECT coalesce(max(version), 0) AS version FROM schema_version";
  return (await connection.query<{ version: number }>("migrations.version", version, [])).rows[0]?.version ?? 0;
}

/** Who lends the connection closes it after a failure, which rolls back. */
async function applyStep(connection: PostgresConnection, step: number, migration: Migration): Promise<void> {
  await connection.script("migrations.begin", `BEGIN; ${lock}; ${versionTable}`);
  // Another process may have taken this step while we waited for the lock.
  if ((await findPostgresVersion(connection)) === step) {
    const statements = migration.statements(columnTypes);
    await connection.script(
      migration.name,
      [...statements, `INSERT INTO schema_version VALUES (${step + 1})`].join(";\n"),
    );
  }
  await connection.script("migrations.commit", "COMMIT");
}
