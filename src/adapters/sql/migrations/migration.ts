/** What a table definition needs to know of the engine. */
export interface ColumnTypes {
  readonly bytes: string;
  /** A 64-bit integer. */
  readonly integer: string;
  readonly text: string;
  /** Statements that make a counter which never waits: none where the one writer counts in a row of its own. */
  sequence(name: string): readonly string[];
  /** Ends a `CREATE TABLE` whose rows live in their primary key. */
  readonly clustered: string;
}

/** One step of the schema. Forward only; once released it never changes. */
export interface Migration {
  readonly name: string;
  statements(types: ColumnTypes): readonly string[];
}
