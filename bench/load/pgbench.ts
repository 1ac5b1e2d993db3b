import { execFile } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findBinaries } from "../../test/support/postgres/binaries.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { percentile } from "../statistics.ts";

export interface PgbenchOptions {
  readonly url: string;
  /** In pgbench's language: `\set` lines, then one statement. */
  readonly script: string;
  readonly clients: number;
  readonly seconds: number;
}

export interface PgbenchResult {
  /** Transactions per second, and how many there were. */
  readonly rate: number;
  readonly transactions: number;
  /** Of one transaction, in ms. */
  readonly p50: number;
  readonly p99: number;
}

/** PostgreSQL's own load generator, with prepared statements: as fast as anybody gets a statement through. */
export async function runPgbench({ url, script, clients, seconds }: PgbenchOptions): Promise<PgbenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "claviger-pgbench-"));
  try {
    const file = join(folder, "script.sql");
    writeFileSync(file, `${script};\n`);
    const shape = ["-M", "prepared", "-n", "-c", clients, "-j", Math.min(2, clients), "-T", seconds, "-f", file];
    const log = ["-l", `--log-prefix=${join(folder, "log")}`];
    const { stdout } = await promisify(execFile)(findPgbench(), [...shape.map(String), ...log, url]);
    const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
    const transactions = /^number of transactions actually processed: (\d+)/m.exec(stdout)?.[1];
    if (rate === undefined || transactions === undefined) throw new BrokenBenchmarkError(`pgbench printed ${stdout}`);
    const times = latencies(folder);
    return {
      ...{ rate: Number(rate), transactions: Number(transactions) },
      ...{ p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The third column of its log: microseconds. */
function latencies(folder: string): number[] {
  const lines = globSync(join(folder, "log*")).flatMap((file) => readFileSync(file, "utf8").trimEnd().split("\n"));
  return lines.map((line) => Number(line.split(" ")[2]) / 1000);
}

function findPgbench(): string {
  const beside = join(findBinaries(), "pgbench");
  return existsSync(beside) ? beside : "pgbench";
}
