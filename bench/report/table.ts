import type { Figure } from "../benchmark.ts";
import { type Row, rowOf } from "./figures.ts";

const columns = ["name", "ours", "floor", "ratio", "target", "met"] as const satisfies (keyof Row)[];
const heads: Row = { name: "", ours: "ours", floor: "floor", ratio: "ratio", target: "target", met: "" };

/** The figures of one benchmark for a terminal. */
export function tableOf(name: string, figures: readonly Figure[]): string {
  const rows = [{ ...heads, name }, ...figures.map(rowOf).map((row) => ({ ...row, name: `  ${row.name}` }))];
  const widths = columns.map((column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => columns.map((column, index) => row[column].padEnd(widths[index] ?? 0)).join("  "));
  return lines.map((line) => line.trimEnd()).join("\n");
}
