import { StorageInconsistencyError } from "../../storage-inconsistency-error.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** The statements around the units of a group. */
export function transactionStatements(connection: SqliteConnection) {
  const counters = connection.prepare<[], { position: number; commit_number: number }>(
    "stream.counters",
    "SELECT position, commit_number FROM stream WHERE id = 1",
  );
  const saveCounters = connection.prepare<[number, number], never>(
    "stream.save-counters",
    `UPDATE stream SET position = MAX(position, ?), previous_commit = commit_number, commit_number = ? WHERE id = 1`,
  );
  const totalChanges = connection.prepare<[], { changes: number }>(
    "transaction.total-changes",
    "SELECT total_changes() AS changes",
  );
  return {
    begin: connection.control("transaction.begin", "BEGIN IMMEDIATE", "open"),
    savepoint: connection.control("transaction.savepoint", "SAVEPOINT unit", "open"),
    release: connection.control("transaction.release", "RELEASE unit", "open"),
    rollbackTo: connection.control("transaction.rollback-unit", "ROLLBACK TO unit", "open"),
    commit: connection.control("transaction.commit", "COMMIT", "closed"),
    rollback: connection.control("transaction.rollback", "ROLLBACK", "closed"),
    counters() {
      const row = counters.first();
      if (!row) throw new StorageInconsistencyError("stream", "id", "1", "the row is missing");
      return row;
    },
    saveCounters: (position: number, commitNumber: number) => saveCounters.run(position, commitNumber),
    totalChanges: () => totalChanges.first()?.changes ?? 0,
  };
}
