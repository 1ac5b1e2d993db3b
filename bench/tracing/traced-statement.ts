export type SqlValue = string | number | bigint | Buffer | null;

/** One statement that a server has run, as `better-sqlite3` saw it. */
export interface TracedStatement {
  /** The server writes on one connection and reads on another. */
  readonly connection: "reader" | "writer";
  readonly sql: string;
  readonly method: "get" | "all" | "run";
  readonly parameters: readonly SqlValue[];
  /** A row, rows, or what `run` gave. */
  readonly result: unknown;
}
