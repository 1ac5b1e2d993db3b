import type { Clock } from "../../domain/kernel/clock.ts";
import type { Random } from "../../domain/kernel/random.ts";
import { createStores, type Stores } from "./create-stores.ts";
import { openSqlite } from "./dialect/sqlite/open-sqlite.ts";
import type { SqliteOptions } from "./dialect/sqlite/sqlite-options.ts";
import type { OpenedDatabase } from "./opened-database.ts";

export type Database = OpenedDatabase<Stores>;

export interface OpenDatabaseOptions extends SqliteOptions {
  readonly engine: "sqlite";
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Opens the database, brings its schema up to date and makes sure that nobody else serves it; rejects with a
 * `DatabaseOpenError` of one line where the operator has to act.
 */
export function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  return openSqlite(options, createStores);
}
