import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { readCounters } from "../counters.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { runPgbench } from "../load/pgbench.ts";
import { type LoadRequest, writeRequests } from "../load/requests-file.ts";
import { deviceAt } from "../population/identities.ts";
import { writePopulation } from "../population/write-population.ts";
import { durableCluster } from "../postgres/durable-cluster.ts";
import { PooledDatabase } from "../postgres/pooled-database.ts";
import { algorithm, createPopulated, targetAt } from "../postgres/populate.ts";
import { startServers } from "../postgres/start-servers.ts";
import { takeScript } from "../postgres/take-statement.ts";
import { inRounds } from "../rounds.ts";
import { measuredServer, startServer } from "../start-server.ts";

const connections = 8;
const devicesPerClaim = 100;
const pgbenchClients = 64;
const targets = { devices: 2_000, keys: 100 };
/** On SQLite the pools are not filled again. */
const sqlitePools = { devices: 2_000, keys: 400 };
/** Devices that claim own no pool. */
const firstClaimer = 10_000;

export const claimBulk: Benchmark = {
  name: "claim-bulk",
  about: `\`POST /keys/claim\` for one key of each of ${devicesPerClaim} devices, as for a message to a room, over ${connections} connections, durable;
one process on PostgreSQL, and one on SQLite. What is counted are keys. The floor: \`pgbench\` with ${pgbenchClients} clients and the
server's statement for a single key, one transaction each: a bulk claim must beat the best that can be had one by one.`,
  run: measure,
};

interface Names {
  readonly userId: string;
  readonly deviceId: string;
}

/** Each claims the next devices in turn. */
function bulkRequests(deviceOf: (index: number) => Names, accessTokenOf: (number: number) => string): LoadRequest[] {
  return Array.from({ length: targets.devices / devicesPerClaim }, (_, number) => {
    const wanted: Record<string, Record<string, string>> = {};
    for (let place = 0; place < devicesPerClaim; place++) {
      // From all over the database.
      const index = (number + place * (targets.devices / devicesPerClaim)) % targets.devices;
      const { userId, deviceId } = deviceOf(index);
      wanted[userId] = { [deviceId]: algorithm };
    }
    const body = JSON.stringify({ one_time_keys: wanted });
    return { method: "POST", path: "/_matrix/client/v3/keys/claim", accessToken: accessTokenOf(number), body };
  });
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace, machineLoad } = options;
  const [rounds, seconds] = quick ? [2, 2] : [5, 3];
  const files = workspace.newFolder("bulk");
  const [postgresFile, sqliteFile] = [join(files, "postgres"), join(files, "sqlite")];
  writeRequests(
    postgresFile,
    bulkRequests(targetAt, (number) => deviceAt(number).accessToken),
  );
  writeRequests(
    sqliteFile,
    bulkRequests(deviceAt, (number) => deviceAt(firstClaimer + number).accessToken),
  );

  const { folder, path } = await workspace.database("many-pools", (place) => writePopulation(place, sqlitePools));
  const sqliteServer = await startServer(measuredServer(options, folder));
  const cluster = await durableCluster();
  const template = await createPopulated(cluster, "bulk", { people: connections * 4, targets });
  const database = await PooledDatabase.copy(cluster, template, "bulk_claims", targets);
  const bare = await PooledDatabase.copy(cluster, template, "bulk_bare", targets);
  const servers = await startServers(options, database, 1);
  let next = 0;
  const onPostgres = (duration: number) => {
    const run = () =>
      runLoad({ urls: servers.urls, requestsFile: postgresFile, start: next, connections, seconds: duration });
    return database.whileFull(run, ({ requests }) => requests * devicesPerClaim);
  };
  const onSqlite = async (duration: number) => {
    const urls = [sqliteServer.url] as const;
    const result = await runLoad({ urls, requestsFile: sqliteFile, start: next, connections, seconds: duration });
    next = result.next;
    if (readCounters(path).pooledKeys < targets.devices) throw new BrokenBenchmarkError("The pools have run dry");
    return result;
  };
  const script = await takeScript(targets.devices);
  const runBare = (duration: number) => {
    const run = () => runPgbench({ url: bare.url, script, clients: pgbenchClients, seconds: duration });
    return bare.whileFull(run, ({ transactions }) => transactions);
  };
  try {
    await onPostgres(2);
    await onSqlite(1);
    await runBare(1);
    const { postgres, sqlite, floor } = await inRounds(machineLoad, rounds, {
      postgres: () => onPostgres(seconds),
      sqlite: () => onSqlite(seconds),
      floor: () => runBare(seconds),
    });
    const rates = floor.map(({ rate }) => rate);
    return [...figuresOf("PostgreSQL", postgres, rates), ...figuresOf("SQLite", sqlite, rates)];
  } finally {
    await Promise.all([servers.stop(), sqliteServer.stop()]);
    for (const copy of [database, bare]) await copy.drop();
    await cluster.dropDatabase(template.name);
  }
}

function figuresOf(engine: string, ours: readonly LoadResult[], floor: readonly number[]): Figure[] {
  const keys = ours.map(({ requests, seconds }) => (requests * devicesPerClaim) / seconds);
  return [
    {
      ...{ name: `keys per second, ${engine}`, unit: "/s", ours: keys, floor, floorName: "pgbench, one key each" },
      target: { of: "ratio", is: "at least", value: 1 },
    },
    { name: `latency p50, ${engine}`, unit: "ms", ours: ours.map(({ p50 }) => p50) },
    { name: `latency p99, ${engine}`, unit: "ms", ours: ours.map(({ p99 }) => p99) },
  ];
}
