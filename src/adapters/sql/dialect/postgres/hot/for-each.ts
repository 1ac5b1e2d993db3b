import type { SharedStatement } from "../transaction-batches.ts";

export interface ForEach<Key, Row, Answer> {
  readonly name: string;
  /** SQL types of the parameters, by the names that `select` knows them by. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The statement for one key; its parameters are `asked.NAME`. */
  readonly select: string;
  /** Columns of `select` by which the rows of one key are ordered. */
  readonly order?: string;
  /** The values of the parameters, in their order. */
  readonly values: (key: Key) => readonly unknown[];
  readonly answer: (rows: readonly Row[]) => Answer;
}

/** A reading statement that is asked for many keys at once. */
export function forEachKey<Key, Row, Answer>(asked: ForEach<Key, Row, Answer>): SharedStatement<Key, Answer> {
  const names = Object.keys(asked.parameters);
  const arrays = Object.values(asked.parameters).map((type, index) => `$${index + 1}::${type}[]`);
  const sql = `SELECT asked.place, found.* FROM unnest(${arrays.join(", ")})
    WITH ORDINALITY AS asked(${[...names, "place"].join(", ")})
    CROSS JOIN LATERAL (${asked.select}) AS found${asked.order ? ` ORDER BY asked.place, ${asked.order}` : ""}`;
  return {
    writes: false,
    async run(query, keys) {
      const values = keys.map(asked.values);
      const parameters = names.map((_, index) => values.map((of) => of[index]));
      const { rows } = await query<Row & { place: number }>(asked.name, sql, parameters);
      const byPlace: Row[][] = keys.map(() => []);
      for (const row of rows) byPlace[row.place - 1]?.push(row);
      return byPlace.map(asked.answer);
    },
  };
}
