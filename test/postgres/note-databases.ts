import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Client } from "pg";
import { openPostgres } from "../../src/adapters/sql/dialect/postgres/open-postgres.ts";
import type { PostgresOptions } from "../../src/adapters/sql/dialect/postgres/postgres-options.ts";
import type { OpenedDatabase } from "../../src/adapters/sql/opened-database.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { type NoteStores, noteStores } from "../storage/note-stores.ts";
import { createTestDatabase } from "../support/postgres/run-cluster.ts";
import { tidyLater } from "./tidy.ts";

type NoteDatabase = OpenedDatabase<NoteStores>;

/** A database of its own in the run's cluster, dropped after the test. */
export async function emptyDatabase(t: TestContext): Promise<string> {
  const own = await createTestDatabase();
  tidyLater(t, () => own.drop());
  return own.url;
}

/** A folder that is removed after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "claviger-postgres-"));
  tidyLater(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

let processes = 0;

/** Opens a database with `noteStores`, as a process of its own would; closed after the test. */
export async function openNotes(
  t: TestContext,
  url: string,
  overrides: Partial<PostgresOptions> = {},
): Promise<NoteDatabase> {
  const database = await openPostgres(
    {
      ...{ url, poolSize: 20, listenUrl: undefined, preparedStatements: "auto" },
      ...{ dataDir: temporaryFolder(t), serverName: "example.org", clock: systemClock },
      ...{ processId: `process ${processes++}`, wake: () => undefined, wakeAll: () => undefined },
      ...{ timer: () => undefined, watchdog: false, role: "server", onRestore: async () => undefined },
      ...overrides,
    },
    noteStores,
  );
  tidyLater(t, () => database.close());
  return database;
}

/** Counts how often each query was run, by its name. */
export function countingTimer() {
  const counts = new Map<string, number>();
  const timer = (name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1);
  return { timer, countOf: (name: string) => counts.get(name) ?? 0 };
}

/** A connection that looks past the engine; ended after the test. */
export async function rawConnection(t: TestContext, url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  tidyLater(t, () => client.end().catch(() => undefined));
  return client;
}

/** The first column of all rows. */
export async function column(client: Client, sql: string): Promise<unknown[]> {
  return (await client.query({ text: sql, rowMode: "array" })).rows.map((row: unknown[]) => row[0]);
}

/** Resolves once `what` is true: for what happens soon, at no particular time. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Resolves once so many wait for a lock in the database. */
export function untilWaiting(client: Client, count: number): Promise<void> {
  const text = `SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return until(async () => Number((await column(client, text))[0]) >= count);
}
