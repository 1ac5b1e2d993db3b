import { StorageUnavailableError } from "../../../../domain/kernel/storage-unavailable-error.ts";

/** A transaction that certainly left nothing behind: its units may be run again. */
export class TransactionLostError extends Error {
  constructor(cause: unknown) {
    super(`The transaction was lost: ${messageOf(cause)}`, { cause });
    this.name = "TransactionLostError";
  }
}

/** The connection broke while COMMIT was under way: it may have happened or not. Nothing of it may be run again. */
export class CommitUnknownError extends StorageUnavailableError {
  constructor(cause: unknown) {
    super("The database did not say whether it stored the changes", cause);
    this.name = "CommitUnknownError";
  }
}

/**
 * SQLSTATE classes that speak of the server and of other transactions, not of the statement
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html): connection, transaction state, rollback,
 * resources, limits of the server, operator, system.
 */
const environmental = /^(08|25|40|53|55P03|57|58|XX)/;
/** A pooler has given this connection another server, which does not know the statement, or another client's. */
const statementNames = new Set(["26000", "42P05"]);

/** Whether the same work may succeed in another transaction. */
export function isTransient(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code === undefined ? isConnectionError(error) : environmental.test(code) || statementNames.has(code);
}

/** Whether a pooler lost a prepared statement. */
export function isStatementNameLost(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code !== undefined && statementNames.has(code);
}

/** Connection, rollback, too many connections, a lock, a server that stops or starts. */
const interrupting = /^(08|40|53300|55P03|57P)/;

/** Whether a database that was reached broke off, fell silent, or is about to stop or start: it may soon serve. */
export function isInterruption(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlStateOf(error);
  if (state !== undefined) return interrupting.test(state);
  if (error instanceof AggregateError) return error.errors.some(isInterruption);
  if ("code" in error && /^(ECONNRESET|EPIPE|ETIMEDOUT|ERR_(STREAM|SOCKET)_\w+)$/.test(String(error.code))) return true;
  return /^(Connection terminated|Client (was closed|has encountered)|timeout e|Query read timeout)/.test(
    error.message,
  );
}

/** Whether nobody answered at the address. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isRefusal);
  return error instanceof Error && "syscall" in error && error.syscall === "connect";
}

/** What PostgreSQL could not help becomes a `StorageUnavailableError`; any other error stays what it is. */
export function storageFailure(error: unknown): unknown {
  if (error instanceof StorageUnavailableError) return error;
  if (error instanceof TransactionLostError) return new StorageUnavailableError(error.message, error.cause);
  if (!isTransient(error)) return error;
  return new StorageUnavailableError(`The database failed: ${messageOf(error)}`, error);
}

/** The five characters of PostgreSQL's own errors; `undefined` for all others. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("severity" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Of Node.js: the operating system's, and those of sockets that are gone. */
const systemCode = /^(E[A-Z]+|ERR_(STREAM|SOCKET|SSL|TLS)_\w+)$/;

/** The driver's and the network's errors have no SQLSTATE. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // A name with several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.some(isConnectionError);
  if ("code" in error && systemCode.test(String(error.code))) return true;
  return /^(Connection terminated|Client (was closed|has encountered)|timeout e|The connection|Query read timeout|server (closed|login)|SSL|.*ECONN|Cannot use a pool)/i.test(
    error.message,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || String("code" in error ? error.code : error.name) : String(error);
}
