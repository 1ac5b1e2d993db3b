// One PostgreSQL for all test files of a run. It is started for the first file that imports what asks for it: reading the imports
// takes milliseconds, so a run that needs none pays nothing, and what is handed over are plain variables of the environment.
import { resolve } from "node:path";
import type { Cluster } from "../../test/support/postgres/cluster.ts";
import { importsReach } from "./imports.ts";

const asking = resolve(import.meta.dirname, "../../test/support/postgres/run-cluster.ts");
const isGiven = process.env["TEST_POSTGRES_URL"] !== undefined;
let starting: Promise<Cluster | undefined> | undefined;

/**
 * Sees to it that `TEST_POSTGRES_URL` is set when `file` asks for it, and `TEST_POSTGRES_TEMPLATE`, the database to copy for one
 * with the server's tables. A cluster that is running ends with this process.
 */
export async function providePostgres(file: string): Promise<void> {
  if (isGiven || !importsReach(resolve(file), asking)) return;
  starting ??= start();
  await starting;
}

export async function removePostgres(): Promise<void> {
  const cluster = await starting;
  await cluster?.remove();
}

async function start(): Promise<Cluster | undefined> {
  try {
    const { startCluster } = await import("../../test/support/postgres/cluster.ts");
    const { makeMigratedTemplate } = await import("../../test/support/postgres/migrated-template.ts");
    const { memoryFolder } = await import("../../test/support/memory-folder.ts");
    const cluster = await startCluster({ parent: memoryFolder() });
    process.env["TEST_POSTGRES_TEMPLATE"] = await makeMigratedTemplate(cluster);
    process.env["TEST_POSTGRES_URL"] = cluster.urlOf("postgres");
    return cluster;
  } catch {
    // Each file then tries by itself, and its tests tell what is wrong.
    return undefined;
  }
}
