import { StorageInconsistencyError } from "../../storage-inconsistency-error.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { storageFailure } from "./storage-failure.ts";

/** What the database remembers of itself: names and values, and the number of its last commit. */
export class ServerState {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** Runs `work` in a transaction that holds the write lock. Not for use while units of work run. */
  exclusively<T>(work: () => T): T {
    const { raw } = this.#connection;
    const begin = this.#connection.control("server-state.begin", "BEGIN IMMEDIATE", "open");
    const commit = this.#connection.control("server-state.commit", "COMMIT", "closed");
    const rollback = this.#connection.control("server-state.rollback", "ROLLBACK", "closed");
    begin();
    try {
      const result = work();
      commit();
      return result;
    } catch (error) {
      if (raw.inTransaction) rollback();
      throw storageFailure(error);
    }
  }

  find(name: string): string | undefined {
    const sql = "SELECT value FROM server_state WHERE name = ?";
    return this.#connection.prepare<[string], { value: string }>("server-state.find", sql).first(name)?.value;
  }

  put(name: string, value: string): void {
    const sql =
      "INSERT INTO server_state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    this.#connection.prepare<[string, string], never>("server-state.put", sql).run(name, value);
  }

  putCommitNumber(commitNumber: number): void {
    const sql = "UPDATE stream SET previous_commit = commit_number, commit_number = ? WHERE id = 1";
    this.#connection.prepare<[number], never>("stream.put-commit-number", sql).run(commitNumber);
  }

  commitNumber(): number {
    const sql = "SELECT commit_number FROM stream WHERE id = 1";
    const row = this.#connection.prepare<[], { commit_number: number }>("stream.commit-number", sql).first();
    if (!row) throw new StorageInconsistencyError("stream", "id", "1", "the row is missing");
    return row.commit_number;
  }
}
