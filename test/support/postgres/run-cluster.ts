import { randomUUID } from "node:crypto";
import { startCluster } from "./cluster.ts";
import { createDatabase, dropDatabase } from "./databases.ts";

/** The one PostgreSQL that all test files of a run have together. It is not durable, and no test stops it. */
export interface RunCluster {
  readonly port: number;
  urlOf(database: string): string;
}

export interface OwnDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends the connections to it and removes it. */
  drop(): Promise<void>;
}

let own: Promise<string> | undefined;

/** The run's cluster; a file that is run by hand, without `npm test`, starts one that ends with its process. */
export async function sharedCluster(): Promise<RunCluster> {
  const url = process.env["TEST_POSTGRES_URL"] ?? (await ownUrl());
  const urlOf = (database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  return { port: Number(new URL(url).port || 5432), urlOf };
}

/**
 * A database of its own in the run's cluster.
 *
 * @param template the database that it is a copy of, to which nobody may be connected; none makes it empty
 */
export async function createTestDatabase({ template }: { template?: string | undefined } = {}): Promise<OwnDatabase> {
  const { urlOf } = await sharedCluster();
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const administration = urlOf("postgres");
  await createDatabase(administration, name, template);
  return { url: urlOf(name), name, drop: () => dropDatabase(administration, name) };
}

/** As `createTestDatabase`; where the run has a template of them, the server's tables are already there. */
export function createMigratedDatabase(): Promise<OwnDatabase> {
  return createTestDatabase({ template: process.env["TEST_POSTGRES_TEMPLATE"] });
}

function ownUrl(): Promise<string> {
  own ??= startCluster().then((cluster) => cluster.urlOf("postgres"));
  return own;
}
