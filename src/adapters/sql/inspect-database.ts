import { findSqliteVersion, inspectDurability, inspectSqlite } from "./dialect/sqlite/inspect-sqlite.ts";
import type { Finding } from "./finding.ts";
import { migrations } from "./migrations/index.ts";
import type { Database, DatabasePlace } from "./open-database.ts";

export const newestSchemaVersion = migrations.length;

/** The schema version of a database; 0 when there is none yet. */
export async function findSchemaVersion(place: DatabasePlace): Promise<number> {
  if (place.engine === "sqlite") return findSqliteVersion(place.path);
  const { findDatabaseVersion } = await import("./dialect/postgres/inspect-postgres.ts");
  return findDatabaseVersion(place);
}

/**
 * What is well and what is wrong with a database (rule E4).
 * @param open opens it as a command does: whether SQLite keeps what it is given is a matter of the open connection
 */
export async function inspectDatabase(place: DatabasePlace, open: () => Promise<Database>): Promise<Finding[]> {
  if (place.engine === "sqlite") return [...inspectSqlite(place.path), await inspectDurability(open)];
  const { inspectPostgres } = await import("./dialect/postgres/inspect-postgres.ts");
  return inspectPostgres(place);
}
