import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { DatabaseOpenError } from "../../database-open-error.ts";
import type { Finding } from "../../finding.ts";
import { migrations } from "../../migrations/index.ts";
import type { OpenedDatabase } from "../../opened-database.ts";

/** The schema version of a SQLite file; 0 when there is none yet. @throws DatabaseOpenError when it is no database */
export function findSqliteVersion(path: string): number {
  if (path === ":memory:" || !existsSync(path)) return 0;
  return inspect(path, (database) => database.pragma("user_version", { simple: true }) as number);
}

/** Whether the file is whole, and up to date. Reads all of it. */
export function inspectSqlite(path: string): Finding[] {
  if (!existsSync(path)) return [{ name: "database file", ok: false, detail: `${path} is not there` }];
  const verdict = inspect(path, (database) => database.pragma("quick_check(1)", { simple: true }) as string);
  const whole = verdict === "ok";
  const version = findSqliteVersion(path);
  return [
    { name: "database file", ok: whole, detail: whole ? `${path} is whole` : verdict },
    { name: "schema", ok: version === migrations.length, detail: `version ${version} of ${migrations.length}` },
  ];
}

/** Whether what is committed is on the disk. */
export async function inspectDurability(open: () => Promise<OpenedDatabase<unknown>>): Promise<Finding> {
  try {
    const database = await open();
    const { journalMode, synchronous } = database.describe();
    await database.close();
    const ok = journalMode === "wal" && (synchronous === "full" || synchronous === "extra");
    return { name: "durability", ok, detail: `journal_mode=${journalMode} synchronous=${synchronous}` };
  } catch (error) {
    return { name: "durability", ok: false, detail: (error as Error).message };
  }
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
