import { Client } from "pg";
import type { Finding } from "../../finding.ts";
import { migrations } from "../../migrations/index.ts";
import { findPostgresVersion } from "./migrate-postgres.ts";
import { type ConnectionsOptions, type PostgresConnection, PostgresConnections } from "./postgres-connections.ts";
import { findSettings, lossySettings, whyUnfit } from "./server-settings.ts";

export type InspectedPostgres = Pick<ConnectionsOptions, "url" | "preparedStatements"> & {
  readonly poolSize: number;
  readonly listenUrl: string | undefined;
};

/** The schema version of a PostgreSQL database; 0 when it is empty. */
export function findDatabaseVersion(place: InspectedPostgres): Promise<number> {
  return onConnection(place, findPostgresVersion);
}

/** Whether the server fits, is up to date, keeps what it is given, and tells processes of each other. */
export function inspectPostgres(place: InspectedPostgres): Promise<Finding[]> {
  return onConnection(place, async (connection) => {
    const settings = await findSettings(connection);
    const unfit = whyUnfit(settings);
    const version = await findPostgresVersion(connection);
    const lossy = lossySettings(settings);
    return [
      { name: "database", ok: unfit === undefined, detail: unfit ?? `PostgreSQL ${settings.version}` },
      { name: "schema", ok: version === migrations.length, detail: `version ${version} of ${migrations.length}` },
      {
        name: "durability",
        ok: lossy.length === 0,
        detail: lossy.length === 0 ? `synchronous_commit=${settings.synchronousCommit}` : lossy.join(" "),
      },
      await inspectListening(place.listenUrl ?? place.url),
    ];
  });
}

/** Ms; on a busy machine a notification takes its time. */
const heardWithin = 5000;

/** A pooler takes LISTEN and never tells: then processes would not wake each other's syncs. */
async function inspectListening(url: string): Promise<Finding> {
  const [client, teller] = [connectionTo(url), connectionTo(url)];
  try {
    await client.connect();
    // Of another connection: a pooler that is idle would link a client's own notification back to it.
    await teller.connect();
    await client.query("LISTEN claviger_doctor");
    const heard = new Promise<boolean>((resolve) => {
      client.once("notification", () => resolve(true));
      setTimeout(() => resolve(false), heardWithin).unref();
    });
    await teller.query("NOTIFY claviger_doctor");
    const ok = await heard;
    return { name: "listening", ok, detail: ok ? "notifications arrive" : "no notification arrives: set listen_url" };
  } catch (error) {
    return { name: "listening", ok: false, detail: (error as Error).message };
  } finally {
    await Promise.allSettled([client.end(), teller.end()]);
  }
}

function connectionTo(url: string): Client {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // Told by its queries as well.
  client.on("error", () => undefined);
  return client;
}

async function onConnection<T>(
  { url, preparedStatements }: InspectedPostgres,
  work: (connection: PostgresConnection) => Promise<T>,
): Promise<T> {
  const clock = { now: () => 0, monotonic: () => 0 };
  const connections = new PostgresConnections({ url, poolSize: 1, preparedStatements, clock, timer: () => undefined });
  try {
    return await connections.lend(work);
  } finally {
    await connections.close();
  }
}
