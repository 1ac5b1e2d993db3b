import { execFileSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { findBinaries } from "../../test/support/postgres/binaries.ts";
import { loadTool } from "../load/load.ts";
import { settings } from "../postgres/durable-cluster.ts";

/** Where the figures were measured, as lines of name and value. */
export function describeMachine(
  folder: string,
  { disturbedRounds, stolenShare }: { disturbedRounds: number; stolenShare: number | undefined },
): [string, string][] {
  const processors = cpus();
  return [
    ["CPU", `${processors[0]?.model.trim() ?? "unknown"}, ${processors.length} cores`],
    ["Memory", `${Math.round(totalmem() / 2 ** 30)} GB`],
    ["Kernel", `${type()} ${release()}`],
    ["File system of the databases", fileSystemOf(folder)],
    ["Node.js", process.version],
    ["PostgreSQL", postgresOf()],
    ["Load generator", loadTool],
    ["Rounds disturbed by other processes", String(disturbedRounds)],
    ["CPU time that the host gave to other machines", stolenShare === undefined ? "unknown" : percent(stolenShare)],
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Its version, and the settings that are not the defaults. */
function postgresOf(): string {
  const version = execFileSync(join(findBinaries(), "postgres"), ["--version"], { encoding: "utf8" }).trim();
  const changed = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `${version.replace("postgres (PostgreSQL) ", "")}; ${changed.join(", ")}`;
}

function fileSystemOf(folder: string): string {
  try {
    const [, line = ""] = execFileSync("df", ["-PT", folder], { encoding: "utf8" }).split("\n");
    const [device, kind] = line.split(/\s+/);
    return `${kind} on ${device}`;
  } catch {
    return "unknown";
  }
}
