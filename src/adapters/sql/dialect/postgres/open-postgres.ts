import { resolve } from "node:path";
import { DatabaseOpenError } from "../../database-open-error.ts";
import { migrations } from "../../migrations/index.ts";
import type { OpenedDatabase } from "../../opened-database.ts";
import type { SqlSession } from "../../session.ts";
import { createFolder } from "../durable-files.ts";
import { HighWaterFile } from "../high-water-file.ts";
import { isInterruption, isRefusal } from "./database-error.ts";
import { findPostgresVersion, migratePostgres } from "./migrate-postgres.ts";
import { pause } from "./pause.ts";
import { type PostgresConnection, PostgresConnections } from "./postgres-connections.ts";
import { PostgresDatabase, type ReadyPostgres } from "./postgres-database.ts";
import type { PostgresOptions } from "./postgres-options.ts";
import { RestoreWatch } from "./restore-watch.ts";
import { findSettings, whyUnfit } from "./server-settings.ts";
import { claimServerName, findFacts, recordIdentity } from "./server-state.ts";
import { unhurriedPatience } from "./transaction.ts";

/** For so long a start tries again, in ms of the monotonic clock: a busy or restarting database is none that is down. */
const startPatience = 30_000;
/** Ms before it does. */
const startPause = 250;

/** Opens a PostgreSQL database; rejects with a `DatabaseOpenError` that explains itself in one line. */
export async function openPostgres<Stores>(
  options: PostgresOptions,
  createStores: (session: SqlSession) => Stores,
): Promise<OpenedDatabase<Stores>> {
  const place = placeOf(options.url);
  const giveUpAt = options.clock.monotonic() + startPatience;
  for (let attempt = 1; ; attempt++) {
    try {
      return await openOnce(place, options, createStores);
    } catch (error) {
      // Nobody at the address is a wrong address, unless somebody was there before: a database that restarts.
      const mayPass = isInterruption(error) || (attempt > 1 && isRefusal(error));
      if (!mayPass || options.clock.monotonic() >= giveUpAt) throw openFailure(place, error);
    }
    await pause(startPause);
  }
}

/** Leaves nothing open when it fails. */
async function openOnce<Stores>(
  place: string,
  options: PostgresOptions,
  createStores: (session: SqlSession) => Stores,
): Promise<OpenedDatabase<Stores>> {
  const connections = new PostgresConnections(options);
  const ready = await prepare(connections, options).catch(async (error: unknown) => {
    await connections.close();
    throw error;
  });
  const database = new PostgresDatabase(options, { place, connections, ...ready }, createStores);
  try {
    await database.start();
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Each step may have been taken by an attempt that did not hear of it. */
async function prepare(
  connections: PostgresConnections,
  options: PostgresOptions,
): Promise<Pick<ReadyPostgres, "settings" | "watch">> {
  const settings = await connections.lend(findSettings);
  const unfit = whyUnfit(settings);
  if (unfit !== undefined) throw new Error(unfit);
  const version = await connections.lend(findPostgresVersion);
  if (version !== migrations.length) await connections.lend(migratePostgres, unhurriedPatience);
  const { serverName } = options;
  const owner = await connections.lend((connection) => claimServerName(connection, serverName));
  if (owner !== serverName) {
    throw new Error(`it belongs to server_name ${owner}, which cannot become ${serverName}: user ids carry it`);
  }
  return { settings, watch: await connections.lend((connection) => watchRestores(connection, options)) };
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
