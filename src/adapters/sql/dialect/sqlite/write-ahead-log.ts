import { closeSync, openSync, readSync } from "node:fs";
import { DatabaseOpenError } from "../../database-open-error.ts";
import { type PageReader, type Row, readTable } from "./file-format.ts";
import { type ByteRangeReader, readLogFrames } from "./log-frames.ts";

/**
 * Refuses a write-ahead log that was left beside a database file by another state of it: somebody copied a backup over
 * the file after a crash and did not delete the log. SQLite does not notice; it would lay the log's pages over the
 * backup's. The log's first commit must follow what is in the file, or the file already contain a part of the log.
 *
 * To be called before anything in this process has opened the database: closing its file drops all locks on it.
 */
export function refuseForeignLog(path: string): void {
  const file = readFileAlone(path);
  if (!file) return;
  const commits = readLoggedCommits(`${path}-wal`, file.streamPage);
  const first = commits[0];
  const last = commits.at(-1);
  if (first === undefined || last === undefined) return;
  if (file.number >= first.previous && file.number <= last.number) return;
  const states = `the log has commits ${first.number} to ${last.number}, the file is at ${file.number}`;
  throw new DatabaseOpenError(
    `database ${path}: the log beside it belongs to another state of it (${states}): if the file was restored from a backup, delete ${path}-wal and ${path}-shm`,
  );
}

/** A commit by its number, and that of the one before it. */
interface LoggedCommit {
  readonly number: number;
  readonly previous: number;
}

/** What the database file says without its log; `undefined` when it has no readable `stream` table (yet). */
function readFileAlone(path: string): (LoggedCommit & { streamPage: number }) | undefined {
  return reading(path, (read) => {
    const header = read(0, 100);
    if (!header) return undefined;
    const pageSize = pageBytes(header.readUInt16BE(16));
    const readPage = (page: number) => read((page - 1) * pageSize, pageSize);
    // Columns of the schema table: type, name, table name, root page, SQL.
    const streamPage = readRows(readPage, 1).find((row) => row[0] === "table" && row[1] === "stream")?.[3];
    if (typeof streamPage !== "number") return undefined;
    const commit = commitIn(readRows(readPage, streamPage));
    return commit && { ...commit, streamPage };
  });
}

/** The commits that the log's transactions leave in the stream's row, in order. */
function readLoggedCommits(path: string, streamPage: number): LoggedCommit[] {
  const commits = reading(path, (read) => {
    const committed: LoggedCommit[] = [];
    let open: LoggedCommit[] = [];
    for (const frame of readLogFrames(read)) {
      const found = frame.page === streamPage ? commitIn(readRows(() => frame.content, streamPage)) : undefined;
      if (found !== undefined) open.push(found);
      if (!frame.commits) continue;
      committed.push(...open);
      open = [];
    }
    return committed;
  });
  return commits ?? [];
}

/** None where the pages make no sense: between a crash and the log's recovery the file alone need not. */
function readRows(readPage: PageReader, root: number): Row[] {
  try {
    return readTable(readPage, root);
  } catch {
    return [];
  }
}

/** Columns of `stream`: id (in the row id, so null), position, commit_number, last_upload_order, previous_commit. */
function commitIn(rows: readonly Row[]): LoggedCommit | undefined {
  const [row] = rows;
  const [number, previous] = [row?.[2], row?.[4]];
  return rows.length === 1 && typeof number === "number" && typeof previous === "number"
    ? { number, previous }
    : undefined;
}

/** 65536 does not fit in the header's two bytes. */
function pageBytes(stored: number): number {
  return stored === 1 ? 65536 : stored;
}

/** Gives `use` a function that reads bytes (`undefined` where the file ends before); `undefined` without a file. */
function reading<T>(path: string, use: (read: ByteRangeReader) => T) {
  const file = openIfPresent(path);
  if (file === undefined) return undefined;
  try {
    return use((position, length) => {
      const buffer = Buffer.alloc(length);
      return readSync(file, buffer, 0, length, position) === length ? buffer : undefined;
    });
  } finally {
    closeSync(file);
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
