import type { RunQuery, SharedStatement } from "./transaction-batches.ts";

/** What hot statements run on. */
export interface StatementRunner {
  readonly read: RunQuery;
  readonly write: RunQuery;
  /** Answers together with the calls of other units or reads in the transaction. */
  together<Key, Answer>(statement: SharedStatement<Key, Answer>, key: Key): Promise<Answer>;
}
