/** A row that contradicts the schema's promises: never a client's fault. */
export class StorageInconsistencyError extends Error {
  constructor(table: string, column: string, key: string, what = "unexpected value") {
    super(`${table}.${column} of ${key}: ${what}`);
    this.name = "StorageInconsistencyError";
  }
}
