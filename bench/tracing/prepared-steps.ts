import Database from "better-sqlite3";
import type { Source, Step } from "./template.ts";
import type { SqlValue } from "./traced-statement.ts";

/** Runs steps of a template for one request; gives what each step has read. */
export type PreparedSteps = (subject: readonly SqlValue[]) => unknown[];

type Run = (...parameters: SqlValue[]) => unknown;

/** The two connections that a server has, with its settings, and nothing around them. */
export function openConnections(path: string) {
  const writer = new Database(path);
  writer.pragma("journal_mode = WAL");
  writer.pragma("synchronous = FULL");
  // Checkpoints run between the rounds; the server has a thread for them.
  writer.pragma("wal_autocheckpoint = 0");
  const reader = new Database(path, { readonly: true });
  for (const connection of [writer, reader]) connection.pragma("cache_size = -65536");
  return { writer, reader };
}

/** What reads that belong together stand in. */
export function readTransaction({ reader }: ReturnType<typeof openConnections>) {
  const [begin, end] = [reader.prepare("BEGIN"), reader.prepare("COMMIT")];
  return { begin: () => begin.run(), end: () => end.run() };
}

export function prepareSteps(connections: ReturnType<typeof openConnections>, steps: readonly Step[]): PreparedSteps {
  const prepared = steps.map(({ connection, sql, method, parameters }) => {
    const statement = connections[connection].prepare(sql);
    return { run: statement[method].bind(statement) as Run, sources: parameters };
  });
  return (subject) => {
    const results: unknown[] = [];
    for (const { run, sources } of prepared) {
      results.push(run(...sources.map((source) => parameterOf(source, subject, results))));
    }
    return results;
  };
}

function parameterOf(source: Source, subject: readonly SqlValue[], results: readonly unknown[]): SqlValue {
  if (source.kind === "constant") return source.value;
  if (source.kind === "subject") return subject[source.index] as SqlValue;
  const result = results[source.step];
  const row = (Array.isArray(result) ? result[source.row] : result) as Record<string, SqlValue>;
  return row[source.column] as SqlValue;
}
