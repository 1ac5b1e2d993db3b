import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { type PgbenchResult, runPgbench } from "../load/pgbench.ts";
import { writeRequests } from "../load/requests-file.ts";
import { claimRequests } from "../postgres/claim-requests.ts";
import { durableCluster } from "../postgres/durable-cluster.ts";
import { PooledDatabase, type Taken } from "../postgres/pooled-database.ts";
import { createPopulated } from "../postgres/populate.ts";
import { type RunningServers, startServers } from "../postgres/start-servers.ts";
import { takeScript } from "../postgres/take-statement.ts";
import { inRounds } from "../rounds.ts";

const connections = 64;
const claimers = 64;
const targets = { devices: 2_000, keys: 100 };
const processCounts = [1, 2, 4] as const;
const clientCounts = [16, 32, 64];

export const claimPostgres: Benchmark = {
  name: "claim-postgres",
  about: `\`POST /keys/claim\` for one key of one device on PostgreSQL, durable (\`fsync\`, \`synchronous_commit\`), with one, two and
four \`claviger\` processes on one database; ${connections} connections in all, spread over the processes, claim without a pause of
${targets.devices.toLocaleString("en")} devices with ${targets.keys} keys each, filled again between rounds. Every claim must take a one-time key: the
database is asked. The floor: \`pgbench\` with prepared statements, which runs the server's own statement for one key of a random
device, each a transaction, with as many clients as suit it best (of ${clientCounts.join(", ")}); it knows no HTTP, no access tokens and no restores.
Server, PostgreSQL and load generator share the cores.`,
  run: measure,
};

interface Deployment {
  readonly database: PooledDatabase;
  readonly servers: RunningServers;
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace, machineLoad } = options;
  const [rounds, seconds] = quick ? [2, 2] : [5, 4];
  const requestsFile = join(workspace.newFolder("claims-postgres"), "claims");
  writeRequests(requestsFile, claimRequests(targets, claimers));
  const cluster = await durableCluster();
  const template = await createPopulated(cluster, "claims", { people: claimers, targets });
  const copy = (name: string) => PooledDatabase.copy(cluster, template, name, targets);
  const bare = await copy("claims_bare");
  const deployments = new Map<number, Deployment>();
  try {
    for (const count of processCounts) {
      const database = await copy(`claims_${count}`);
      deployments.set(count, { database, servers: await startServers(options, database, count) });
    }
    let next = 0;
    const load = async (count: number, duration: number) => {
      const { database, servers } = deployments.get(count) as Deployment;
      const run = () => runLoad({ urls: servers.urls, requestsFile, start: next, connections, seconds: duration });
      const result = await database.whileFull(run, ({ requests }) => requests);
      next = result.next;
      return result;
    };
    const script = await takeScript(targets.devices);
    const runBare = (clients: number, duration: number) => {
      const run = () => runPgbench({ url: bare.url, script, clients, seconds: duration });
      return bare.whileFull(run, ({ transactions }) => transactions);
    };
    const clients = await bestOf(clientCounts, async (count) => (await runBare(count, 2)).rate);
    for (const count of processCounts) await load(count, 2);
    const results = await inRounds(machineLoad, rounds, {
      one: () => load(1, seconds),
      two: () => load(2, seconds),
      four: () => load(4, seconds),
      floor: () => runBare(clients, seconds),
    });
    return figuresOf([results.one, results.two, results.four], results.floor, `pgbench, ${clients} clients`);
  } finally {
    await Promise.all([...deployments.values()].map(({ servers }) => servers.stop()));
    for (const { database } of [...deployments.values(), { database: bare }]) await database.drop();
    await cluster.dropDatabase(template.name);
  }
}

async function bestOf(choices: readonly number[], measureOne: (choice: number) => Promise<number>): Promise<number> {
  let best = { choice: choices[0] as number, rate: 0 };
  for (const choice of choices) {
    const rate = await measureOne(choice);
    if (rate > best.rate) best = { choice, rate };
  }
  return best.choice;
}

function figuresOf(
  ours: readonly (readonly (LoadResult & Taken)[])[],
  floor: readonly PgbenchResult[],
  floorName: string,
): Figure[] {
  return processCounts.flatMap((count, index): Figure[] => {
    const results = ours[index] ?? [];
    const processes = count === 1 ? "1 process" : `${count} processes`;
    return [
      {
        ...{ name: `claims per second, ${processes}`, unit: "/s", floorName },
        ...{ ours: results.map((one) => one.requests / one.seconds), floor: floor.map(({ rate }) => rate) },
        target: { of: "ratio", is: "at least", value: 0.5 },
      },
      {
        ...{ name: `latency p50, ${processes}`, unit: "ms", floorName },
        ...{ ours: results.map(({ p50 }) => p50), floor: floor.map(({ p50 }) => p50) },
      },
      {
        ...{ name: `latency p99, ${processes}`, unit: "ms", floorName },
        ...{ ours: results.map(({ p99 }) => p99), floor: floor.map(({ p99 }) => p99) },
      },
      {
        ...{ name: `claims per transaction, ${processes}`, unit: "" },
        ours: results.map(({ taken, transactions }) => taken / transactions),
      },
    ];
  });
}
