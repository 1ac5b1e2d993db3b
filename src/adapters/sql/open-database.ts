import type { Random } from "../../domain/kernel/random.ts";
import { createStores, type Stores } from "./create-stores.ts";
import type { PostgresOptions } from "./dialect/postgres/postgres-options.ts";
import { openSqlite } from "./dialect/sqlite/open-sqlite.ts";
import type { SqliteOptions } from "./dialect/sqlite/sqlite-options.ts";
import type { OpenedDatabase } from "./opened-database.ts";

export type Database = OpenedDatabase<Stores>;

/** Which database: what the section `database` of the config says. */
export type DatabasePlace =
  | (Pick<SqliteOptions, "path"> & { readonly engine: "sqlite" })
  | (Pick<PostgresOptions, "url" | "poolSize" | "listenUrl" | "preparedStatements"> & { readonly engine: "postgres" });

/** What both engines are told. */
export interface DatabaseUse extends Omit<SqliteOptions, "path">, Pick<PostgresOptions, "wakeAll" | "onRestore"> {
  readonly random: Random;
}

/**
 * Opens the database, brings its schema up to date, and on SQLite makes sure that nobody else serves it; rejects with a
 * `DatabaseOpenError` of one line where the operator has to act.
 */
export async function openDatabase(place: DatabasePlace, use: DatabaseUse): Promise<Database> {
  if (place.engine === "sqlite") return openSqlite({ ...use, path: place.path }, createStores);
  // Who uses SQLite does not wait for PostgreSQL's driver to load.
  const { openPostgres } = await import("./dialect/postgres/open-postgres.ts");
  return openPostgres({ ...use, ...place, processId: use.random.bytes(9).toString("base64url") }, createStores);
}
