import { BrokenBenchmarkError } from "../benchmark.ts";
import type { SqlValue, TracedStatement } from "./traced-statement.ts";

/** Where a statement's parameter comes from when the statement runs for another request. */
export type Source =
  | { readonly kind: "constant"; readonly value: SqlValue }
  /** The request's own value at this index. */
  | { readonly kind: "subject"; readonly index: number }
  /** A column of a row that an earlier step has read. */
  | { readonly kind: "row"; readonly step: number; readonly row: number; readonly column: string };

export interface Step {
  readonly connection: "reader" | "writer";
  readonly sql: string;
  readonly method: "get" | "all" | "run";
  readonly parameters: readonly Source[];
}

/** The statements of one request, such that they can run for another and in a group of another size. */
export interface Template {
  /** Reads outside the transaction of the group, with their own `BEGIN` and `COMMIT`. */
  readonly reads: readonly Step[];
  /** From the writer's `BEGIN` to before the request's `SAVEPOINT`: once a group. */
  readonly opening: readonly Step[];
  /** From `SAVEPOINT` to `RELEASE`: once a request. */
  readonly unit: readonly Step[];
  /** Up to the `COMMIT`: once a group. */
  readonly closing: readonly Step[];
}

/** @param subject what differs from request to request, as it was in the traced one */
export function templateOf(trace: readonly TracedStatement[], subject: readonly SqlValue[]): Template {
  const steps: Step[] = trace.map((statement, index) => ({
    connection: statement.connection,
    sql: statement.sql,
    method: statement.method,
    parameters: statement.parameters.map((value) => sourceOf(value, subject, trace.slice(0, index))),
  }));
  const writes = steps.filter((step) => step.connection === "writer");
  const savepoint = writes.findIndex((step) => step.sql.startsWith("SAVEPOINT"));
  const release = writes.findLastIndex((step) => step.sql.startsWith("RELEASE"));
  if (writes.length > 0 && (savepoint === -1 || writes.some((step) => step.parameters.some(leadsOutOf(steps))))) {
    throw new BrokenBenchmarkError("The traced request is not one unit of work");
  }
  const first = savepoint === -1 ? 0 : steps.indexOf(writes[savepoint] as Step);
  return {
    reads: steps.filter((step) => step.connection === "reader"),
    opening: writes.slice(0, savepoint),
    unit: writes.slice(savepoint, release + 1).map((step) => renumbered(step, first)),
    closing: writes.slice(release + 1),
  };
}

function sourceOf(value: SqlValue, subject: readonly SqlValue[], earlier: readonly TracedStatement[]): Source {
  const index = subject.findIndex((own) => isSame(own, value));
  if (index !== -1) return { kind: "subject", index };
  // Numbers are counters and times, short texts names of algorithms: which they are makes no difference to the cost.
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
  return typeof one === typeof other && one === other && typeof one !== "number";
}

/** A write whose parameter was read outside the unit could not be run for each request of a group. */
function leadsOutOf(steps: readonly Step[]): (source: Source) => boolean {
  return (source) => source.kind === "row" && steps[source.step]?.connection === "reader";
}

/** Rows are named by the place of their step in the unit. */
function renumbered(step: Step, first: number): Step {
  const parameters = step.parameters.map((source) =>
    source.kind === "row" ? { ...source, step: source.step - first } : source,
  );
  return { ...step, parameters };
}
