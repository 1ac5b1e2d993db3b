import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import { CommitUnknownError, isTransient, sqlStateOf, TransactionLostError } from "./database-error.ts";
import type { StoreSession } from "./session-pool.ts";
import type { Transaction } from "./transaction.ts";

/** How a unit ended, before anything is committed. */
export interface UnitOutcome<Stores> {
  readonly unit: {
    resolve(value: unknown): void;
    reject(reason: unknown): void;
    /** It has been answered. */
    settled: boolean;
  };
  readonly lent: StoreSession<Stores>;
  readonly wakes: readonly UserId[];
  readonly result?: unknown;
  readonly error?: unknown;
}

const reservePositions = "UPDATE stream SET position = position + $1 WHERE id = 1 RETURNING position";
/** What every statement says after one of its transaction has failed. */
const inFailedTransaction = "25P02";

/**
 * Ends the transaction of these units: those that are through are answered once it is durable.
 *
 * A unit that failed before it changed anything leaves the others alone; after a change it takes the transaction with it,
 * and a `TransactionLostError` says that the others are to be run again.
 *
 * @returns who is to be woken
 * @throws TransactionLostError, CommitUnknownError, or what the database refused
 */
export async function commitUnits<Stores>(
  transaction: Transaction,
  outcomes: readonly UnitOutcome<Stores>[],
): Promise<Set<UserId>> {
  const failed = outcomes.filter((outcome) => "error" in outcome);
  throwDatabaseError(failed.map(({ error }) => error));
  for (const { unit, error } of failed) settle(unit, () => unit.reject(error));
  if (failed.some(({ lent }) => lent.session.wrote)) {
    throw new TransactionLostError(new Error("a unit that shared it failed"));
  }
  const done = outcomes.filter((outcome) => !("error" in outcome));
  await databaseWork(() => flushStreams(transaction, done));
  await commit(transaction);
  for (const { unit, result } of done) settle(unit, () => unit.resolve(result));
  return new Set(done.flatMap(({ wakes }) => wakes));
}

function settle(unit: UnitOutcome<unknown>["unit"], answer: () => void): void {
  unit.settled = true;
  answer();
}

/** Writes what takes a position. The counter's row is locked from here to the commit, and nothing is locked after it. */
async function flushStreams<Stores>(transaction: Transaction, done: readonly UnitOutcome<Stores>[]): Promise<void> {
  const buffers = done.map(({ lent }) => lent.session.stream).filter((stream) => stream.size > 0);
  const count = buffers.reduce((sum, stream) => sum + stream.size, 0);
  if (count === 0) return;
  const { rows } = await transaction.query<{ position: number }>("stream.reserve", reservePositions, [count]);
  let position = (rows[0]?.position ?? Number.NaN) - count;
  const flushing = buffers.map((stream) => {
    const first = position;
    position += stream.size;
    return stream.flush(first);
  });
  await Promise.all(flushing);
}

async function commit(transaction: Transaction): Promise<void> {
  try {
    await transaction.commit();
  } catch (error) {
    const state = sqlStateOf(error);
    // The database answered that it did not happen. An operator's stop (57) may come after it did.
    if (state !== undefined && !state.startsWith("57") && !state.startsWith("08"))
      throw new TransactionLostError(error);
    throw new CommitUnknownError(error);
  }
}

/** Runs what only asks the database; what the database could not help is a lost transaction. */
export async function databaseWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isTransient(error) ? new TransactionLostError(error) : error;
  }
}

/** A failed statement fails the transaction, and every statement after it: the first one says why. */
function throwDatabaseError(errors: readonly unknown[]): void {
  const ofDatabase = errors.filter((error) => sqlStateOf(error) !== undefined || isTransient(error));
  const first = ofDatabase.find((error) => sqlStateOf(error) !== inFailedTransaction) ?? ofDatabase[0];
  if (first === undefined) return;
  throw isTransient(first) ? new TransactionLostError(first) : first;
}
