import { resolve } from "node:path";
import { DatabaseOpenError } from "../../database-open-error.ts";
import type { OpenedDatabase } from "../../opened-database.ts";
import type { SqlSession } from "../../session.ts";
import { createFolder } from "../durable-files.ts";
import { HighWaterFile } from "../high-water-file.ts";
import { migratePostgres } from "./migrate-postgres.ts";
import { type PostgresConnection, PostgresConnections } from "./postgres-connections.ts";
import { PostgresDatabase, type ReadyPostgres } from "./postgres-database.ts";
import type { PostgresOptions } from "./postgres-options.ts";
import { RestoreWatch } from "./restore-watch.ts";
import { findSettings, whyUnfit } from "./server-settings.ts";
import { claimServerName, findFacts, recordIdentity } from "./server-state.ts";

/** Opens a PostgreSQL database; rejects with a `DatabaseOpenError` that explains itself in one line. */
export async function openPostgres<Stores>(
  options: PostgresOptions,
  createStores: (session: SqlSession) => Stores,
): Promise<OpenedDatabase<Stores>> {
  const place = placeOf(options.url);
  const connections = new PostgresConnections(options);
  try {
    const ready = { place, connections, ...(await prepare(connections, options)) };
    const database = new PostgresDatabase(options, ready, createStores);
    await database.start();
    return database;
  } catch (error) {
    await connections.close();
    throw openFailure(place, error);
  }
}

async function prepare(
  connections: PostgresConnections,
  options: PostgresOptions,
): Promise<Pick<ReadyPostgres, "settings" | "watch">> {
  const connection = await connections.take("passing");
  try {
    const settings = await findSettings(connection);
    const unfit = whyUnfit(settings);
    if (unfit !== undefined) throw new Error(unfit);
    await migratePostgres(connection);
    const owner = await claimServerName(connection, options.serverName);
    if (owner !== options.serverName) {
      throw new Error(
        `it belongs to server_name ${owner}, which cannot become ${options.serverName}: user ids carry it`,
      );
    }
    return { settings, watch: await watchRestores(connection, options) };
  } finally {
    connection.release(false);
  }
}

async function watchRestores(connection: PostgresConnection, options: PostgresOptions): Promise<RestoreWatch> {
  const facts = await findFacts(connection);
  if (options.role === "command") {
    const watch = new RestoreWatch(undefined);
    watch.trust(facts.timeline, facts.commit_number);
    return watch;
  }
  createFolder(resolve(options.dataDir));
  const watch = new RestoreWatch(new HighWaterFile(resolve(options.dataDir), "high-water-postgres.json"));
  watch.judgeStart(facts, options.restored ?? false);
  if (watch.suspected !== undefined) return watch;
  watch.trust(facts.timeline, await recordIdentity(connection, facts, watch.numbersToPass(facts)));
  return watch;
}

/** Host, port and name of the database: what may stand in a log. */
export function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get("host") ?? hostname;
  return `postgres://${host}${port === "" ? "" : `:${port}`}${pathname}`;
}

function openFailure(place: string, error: unknown): DatabaseOpenError {
  if (error instanceof DatabaseOpenError) return error;
  return new DatabaseOpenError(`database ${place}: ${messageOf(error)}`, error);
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
