import Database from "better-sqlite3";
import { createFile } from "../durable-files.ts";

export interface FileLock {
  release(): void;
}

/**
 * One server per database file: a second, empty database beside it, on which this connection holds an exclusive
 * transaction. The lock is the operating system's, so it ends with the process however that ends.
 *
 * Waits up to `patience` ms; `undefined` when somebody else has the lock.
 */
export function takeFileLock(databasePath: string, patience: number): FileLock | undefined {
  const path = `${databasePath}-lock`;
  createFile(path);
  const connection = new Database(path, { timeout: patience });
  try {
    // Nothing is ever written, so nothing need be left behind for a rollback.
    connection.pragma("journal_mode = MEMORY");
    connection.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    connection.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return undefined;
    throw error;
  }
  // The file stays: whoever deletes a lock file may delete the one that another has just locked.
  return { release: () => void connection.close() };
}
