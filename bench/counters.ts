import Database from "better-sqlite3";

/** What a server's database says of the work that it has done. */
export interface Counters {
  readonly commits: number;
  /** One-time keys that were issued, and those that were not. */
  readonly issuedKeys: number;
  readonly pooledKeys: number;
}

/** Reads beside a running server. */
export function readCounters(path: string): Counters {
  const database = new Database(path, { readonly: true });
  try {
    const number = (sql: string) => database.prepare(sql).pluck().get() as number;
    return {
      commits: number("SELECT commit_number FROM stream"),
      issuedKeys: number("SELECT (SELECT COUNT(*) FROM remembered_keys) - (SELECT COUNT(*) FROM one_time_keys)"),
      pooledKeys: number("SELECT COUNT(*) FROM one_time_keys"),
    };
  } finally {
    database.close();
  }
}
