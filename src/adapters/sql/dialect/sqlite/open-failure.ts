import Database from "better-sqlite3";
import { DatabaseOpenError } from "../../database-open-error.ts";
import { DatabaseTooNewError } from "../database-too-new-error.ts";

const explanations: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: "it is not a SQLite database",
  SQLITE_CORRUPT: "it is damaged",
  SQLITE_READONLY: "this process may not write to it",
  SQLITE_CANTOPEN: "it cannot be opened: check that it is a file, and the permissions of it and of its folder",
  SQLITE_PERM: "this process may not access it",
  SQLITE_BUSY: "another program has locked it",
  SQLITE_FULL: "the disk is full",
  SQLITE_IOERR: "reading or writing it failed",
};

/** Why `path` could not be opened, in one line; an error that is not about the file stays what it is. */
export function openFailure(path: string, error: unknown): unknown {
  if (error instanceof DatabaseOpenError) return error;
  if (error instanceof DatabaseTooNewError) return new DatabaseOpenError(`database ${path}: ${error.message}`, error);
  const why = sqliteReason(error) ?? fileSystemReason(error);
  return why === undefined ? error : new DatabaseOpenError(`database ${path}: ${why}`, error);
}

function sqliteReason(error: unknown): string | undefined {
  if (!(error instanceof Database.SqliteError)) return undefined;
  // Extended codes begin with the name of their primary one: SQLITE_IOERR_FSYNC.
  const primary = Object.keys(explanations).find((code) => error.code.startsWith(code));
  const explanation = primary === undefined ? error.message : explanations[primary];
  return `${explanation} (${error.code})`;
}

function fileSystemReason(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error ? error.message : undefined;
}
