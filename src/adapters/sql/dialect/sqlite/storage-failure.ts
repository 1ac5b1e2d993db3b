import Database from "better-sqlite3";
import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";

/** Result codes that speak of the disk, the memory or another process, not of the statement. */
const environmental = /^SQLITE_(FULL|IOERR|NOMEM|BUSY|LOCKED|READONLY|CANTOPEN|PROTOCOL|INTERRUPT)/;

/** What SQLite could not help becomes a `StorageUnavailableError`; any other error stays what it is. */
export function storageFailure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || !environmental.test(error.code)) return error;
  return new StorageUnavailableError(`The database failed: ${error.message} (${error.code})`, error);
}
