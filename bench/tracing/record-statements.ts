import Database from "better-sqlite3";
import type { SqlValue, TracedStatement } from "./traced-statement.ts";

type AnyStatement = Record<"get" | "all" | "run", (...parameters: SqlValue[]) => unknown>;

/** Notes every statement that `better-sqlite3` runs in this process from here on. */
export function recordStatements(): { takeTrace: () => TracedStatement[] } {
  let trace: TracedStatement[] = [];
  const prepare = Database.prototype.prepare as (sql: string) => AnyStatement;

  Database.prototype.prepare = function recorded(this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql);
    const connection = this.readonly ? "reader" : "writer";
    for (const method of ["get", "all", "run"] as const) {
      const original = statement[method];
      statement[method] = function noted(this: AnyStatement, ...parameters) {
        const result = original.apply(this, parameters);
        trace.push({ connection, sql, method, parameters, result });
        return result;
      };
    }
    return statement as unknown as Database.Statement;
  } as typeof Database.prototype.prepare;

  return {
    takeTrace() {
      const taken = trace;
      trace = [];
      return taken;
    },
  };
}
