import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { DatabaseOpenError } from "./database-open-error.ts";
import { migrations } from "./migrations/index.ts";

/** The schema version of a SQLite file; 0 when there is none yet. @throws DatabaseOpenError when it is no database */
export function findSchemaVersion(path: string): number {
  if (path === ":memory:" || !existsSync(path)) return 0;
  return inspect(path, (database) => database.pragma("user_version", { simple: true }) as number);
}

export const newestSchemaVersion = migrations.length;

/** What is wrong inside a SQLite file; `undefined` when nothing is. Reads the whole file. */
export function findCorruption(path: string): string | undefined {
  const verdict = inspect(path, (database) => database.pragma("quick_check(1)", { simple: true }) as string);
  return verdict === "ok" ? undefined : verdict;
}

function inspect<T>(path: string, look: (database: Database.Database) => T): T {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    return look(database);
  } catch (error) {
    throw new DatabaseOpenError(`database ${path}: ${(error as Error).message}`, error);
  } finally {
    database?.close();
  }
}
