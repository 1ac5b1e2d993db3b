import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { createFolder } from "../durable-files.ts";

/**
 * Makes the folder of a database file and gives the file's path without symbolic links: SQLite names the log by it, and
 * two paths of one file must meet in one lock.
 */
export function prepareDatabasePath(path: string): string {
  const folder = dirname(resolve(path));
  createFolder(folder);
  const real = join(realpathSync(folder), basename(path));
  return existsSync(real) ? realpathSync(real) : real;
}
