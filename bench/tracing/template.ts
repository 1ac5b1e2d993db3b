import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import type { SqlValue, TracedStatement } from "./traced-statement.ts";

/** Where a statement's parameter comes from when the statement runs for another request. */
export type Source =
  | { readonly kind: "constant"; readonly value: SqlValue }
  /** The request's own value at this index. */
  | { readonly kind: "subject"; readonly index: number }
  /** A column of a row that an earlier step of the same list has read. */
  | { readonly kind: "row"; readonly step: number; readonly row: number; readonly column: string };

export interface Step extends Pick<TracedStatement, "connection" | "sql" | "method"> {
  readonly parameters: readonly Source[];
}

/** The statements of one request, such that they can run for another and in a group of another size. */
export interface Template {
  /** Reads outside the writer's transaction, without the `BEGIN` and `COMMIT` around them: a group shares these. */
  readonly reads: readonly Step[];
  /** From the writer's `BEGIN` to before the request's `SAVEPOINT`: once a group. */
  readonly opening: readonly Step[];
  /** From `SAVEPOINT` to `RELEASE`: once a request. */
  readonly unit: readonly Step[];
  /** Up to the `COMMIT`: once a group. */
  readonly closing: readonly Step[];
}

const transaction = /^(BEGIN|COMMIT)/;

/** @param subject what differs from request to request, as it was in the traced one */
export function templateOf(trace: readonly TracedStatement[], subject: readonly SqlValue[]): Template {
  const reads = trace.filter(({ connection, sql }) => connection === "reader" && !transaction.test(sql));
  const writes = trace.filter(({ connection }) => connection === "writer");
  const savepoint = writes.findIndex(({ sql }) => sql.startsWith("SAVEPOINT"));
  const release = writes.findLastIndex(({ sql }) => sql.startsWith("RELEASE"));
  const unit = writes.slice(Math.max(savepoint, 0), release + 1);
  if ((writes.length > 0 && savepoint === -1) || unit.some(({ sql }) => transaction.test(sql))) {
    throw new BrokenBenchmarkError("The traced request is not one unit of work");
  }
  return {
    reads: stepsOf(reads, subject),
    opening: stepsOf(writes.slice(0, Math.max(savepoint, 0)), subject),
    unit: stepsOf(unit, subject),
    closing: stepsOf(writes.slice(release + 1), subject),
  };
}

function stepsOf(statements: readonly TracedStatement[], subject: readonly SqlValue[]): Step[] {
  return statements.map(({ connection, sql, method, parameters }, index) => {
    const earlier = statements.slice(0, index);
    return { connection, sql, method, parameters: parameters.map((value) => sourceOf(value, subject, earlier)) };
  });
}

function sourceOf(value: SqlValue, subject: readonly SqlValue[], earlier: readonly TracedStatement[]): Source {
  const index = subject.findIndex((own) => isSame(own, value));
  if (index !== -1) return { kind: "subject", index };
  // Other numbers are counters and times, other texts names of algorithms: they cost the same whichever they are.
  const isOwn = typeof value === "string" && subject.some((own) => typeof own === "string" && value.includes(own));
  if (!isOwn && !Buffer.isBuffer(value)) return { kind: "constant", value };
  for (let step = earlier.length - 1; step >= 0; step--) {
    const { method, result } = earlier[step] as TracedStatement;
    const rows = (method === "all" ? result : [result]) as Record<string, SqlValue>[];
    for (const [row, columns] of rows.entries()) {
      const column = Object.entries(columns ?? {}).find(([, read]) => isSame(read, value))?.[0];
      if (column !== undefined) return { kind: "row", step, row, column };
    }
  }
  throw new BrokenBenchmarkError(`A statement takes a parameter that the benchmark cannot make: ${value}`);
}

function isSame(one: unknown, other: SqlValue): boolean {
  if (Buffer.isBuffer(one) && Buffer.isBuffer(other)) return one.equals(other);
  return one === other;
}
