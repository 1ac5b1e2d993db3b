import type { WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import { CommitUnknownError, isTransient, sqlStateOf, TransactionLostError } from "./database-error.ts";
import { ReservedPosition } from "./reserved-position.ts";
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
  readonly wakes: readonly WakeName[];
  readonly result?: unknown;
  readonly error?: unknown;
}

const reservePositions = "UPDATE stream SET position = position + $1 WHERE id = 1";

/**
 * Ends the transaction of these units: those that are through are answered once it is durable.
 *
 * A unit that failed before it changed anything leaves the others alone; after a change it takes the transaction with it,
 * and a `TransactionLostError` says that the others are to be run again.
 *
 * @throws TransactionLostError, CommitUnknownError, or what the database refused
 */
export async function commitUnits<Stores>(
  transaction: Transaction,
  outcomes: readonly UnitOutcome<Stores>[],
): Promise<void> {
  throwFailure(transaction);
  const failed = outcomes.filter((outcome) => "error" in outcome);
  for (const { unit, error } of failed) settle(unit, () => unit.reject(error));
  if (failed.some(({ lent }) => lent.session.wrote)) {
    throw new TransactionLostError(new Error("a unit that shared it failed"));
  }
  const done = outcomes.filter((outcome) => !("error" in outcome));
  await flushAndCommit(transaction, done);
  for (const { unit, result } of done) settle(unit, () => unit.resolve(result));
}

function settle(unit: UnitOutcome<unknown>["unit"], answer: () => void): void {
  unit.settled = true;
  answer();
}

/**
 * Sends what takes a position, and COMMIT behind it, without waiting for an answer in between: from the moment that the
 * counter's row is locked everybody else's stream waits. COMMIT behind a statement that failed is a rollback.
 */
async function flushAndCommit<Stores>(transaction: Transaction, done: readonly UnitOutcome<Stores>[]): Promise<void> {
  const flushing = flushStreams(transaction, done);
  const committing = transaction.batches.sent().then(() => transaction.commit());
  const [flushed, committed] = await Promise.allSettled([flushing, committing]);
  for (const outcome of [flushed, committed]) if (outcome.status === "rejected") throw commitFailure(outcome.reason);
}

async function flushStreams<Stores>(transaction: Transaction, done: readonly UnitOutcome<Stores>[]): Promise<void> {
  const buffers = done.map(({ lent }) => lent.session.stream).filter((stream) => stream.size > 0);
  const count = buffers.reduce((sum, stream) => sum + stream.size, 0);
  if (count === 0) return;
  const sent: Promise<unknown>[] = [transaction.query("stream.reserve", reservePositions, [count])];
  let left = count;
  for (const stream of buffers) {
    const highest = left - 1;
    left -= stream.size;
    sent.push(stream.flush((place) => new ReservedPosition(highest - place)));
  }
  await Promise.all(sent);
}

/** What the end of a transaction failed with: the database said that it did not happen, or nobody knows. */
function commitFailure(error: unknown): unknown {
  if (error instanceof TransactionLostError) return error;
  const state = sqlStateOf(error);
  // An operator's stop (57) may be told after it happened.
  if (state === undefined || /^(57|08)/.test(state)) return new CommitUnknownError(error);
  return isTransient(error) ? new TransactionLostError(error) : error;
}

/** Runs what only asks the database; what the database could not help is a lost transaction. */
export async function databaseWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isTransient(error) ? new TransactionLostError(error) : error;
  }
}

/** Also when the unit that asked has swallowed it: nothing of the transaction can be stored. */
function throwFailure({ failure }: Transaction): void {
  if (failure !== undefined) throw isTransient(failure) ? new TransactionLostError(failure) : failure;
}
