import type { QueryResult } from "./postgres-connections.ts";

export type RunQuery = <Row>(name: string, sql: string, parameters: readonly unknown[]) => Promise<QueryResult<Row>>;

/** A statement that answers the calls of several units or reads at once. */
export interface SharedStatement<Key, Answer> {
  readonly writes: boolean;
  /** One answer for each key, in order. */
  run(query: RunQuery, keys: readonly Key[]): Promise<readonly Answer[]>;
}

interface Batch {
  readonly keys: unknown[];
  readonly callers: { readonly resolve: (answer: unknown) => void; readonly reject: (reason: unknown) => void }[];
}

/**
 * Collects the calls of the units or reads that share a transaction, and makes one statement of those that come
 * together: a hundred claims are one round trip. A call waits until every promise job that is ready has run.
 */
export class TransactionBatches {
  readonly #query: RunQuery;
  readonly #open = new Map<unknown, Batch>();

  constructor(query: RunQuery) {
    this.#query = query;
  }

  call<Key, Answer>(statement: SharedStatement<Key, Answer>, key: Key): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let batch = this.#open.get(statement);
      if (!batch) {
        batch = { keys: [], callers: [] };
        this.#open.set(statement, batch);
        afterPromiseJobs(() => this.#send(statement as SharedStatement<unknown, unknown>));
      }
      batch.keys.push(key);
      batch.callers.push({ resolve: resolve as (answer: unknown) => void, reject });
    });
  }

  /** Resolves when the calls of this moment have been sent. */
  async sent(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => afterPromiseJobs(async () => resolve()));
  }

  async #send(statement: SharedStatement<unknown, unknown>): Promise<void> {
    const batch = this.#open.get(statement);
    if (!batch) return;
    this.#open.delete(statement);
    try {
      const answers = await statement.run(this.#query, batch.keys);
      for (const [index, { resolve }] of batch.callers.entries()) resolve(answers[index]);
    } catch (error) {
      for (const { reject } of batch.callers) reject(error);
    }
  }
}

/** `nextTick` runs when the promise jobs are through, if it is asked for from one of them. */
function afterPromiseJobs(work: () => Promise<void>): void {
  void Promise.resolve().then(() => process.nextTick(() => void work()));
}
