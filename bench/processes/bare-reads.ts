// A floor: better-sqlite3 alone, which runs the same reads again and again and makes nothing of their rows.
import { answerCalls } from "../child/answer-calls.ts";
import { openConnections } from "../tracing/prepared-steps.ts";
import type { SqlValue, TracedStatement } from "../tracing/traced-statement.ts";

export interface BareReads {
  readonly path: string;
  /** What one request has run on the reading connection, with the transactions around it. */
  readonly trace: readonly Pick<TracedStatement, "sql" | "method" | "parameters">[];
}

let runOnce = () => {};
let close = () => {};

answerCalls(
  {
    open({ path, trace }: BareReads): void {
      const { reader, writer } = openConnections(path);
      const prepared = new Map(trace.map(({ sql }) => [sql, reader.prepare(sql)]));
      const runs = trace.map(({ sql, method, parameters }) => {
        const statement = prepared.get(sql);
        const run = statement?.[method].bind(statement) as (...values: SqlValue[]) => unknown;
        return () => run(...parameters);
      });
      runOnce = () => {
        for (const run of runs) run();
      };
      close = () => {
        reader.close();
        writer.close();
      };
    },
    /** Ms of each time. */
    run(times: number): number[] {
      return Array.from({ length: times }, () => {
        const start = performance.now();
        runOnce();
        return performance.now() - start;
      });
    },
  },
  async () => close(),
);
