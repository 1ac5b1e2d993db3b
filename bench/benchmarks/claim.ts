import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { type Counters, readCounters } from "../counters.ts";
import { openBareSqlite, startBareHttp } from "../floors.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { type LoadRequest, writeRequests } from "../load/requests-file.ts";
import { deviceAt, digestOfToken } from "../population/identities.ts";
import { type Pools, writePopulation } from "../population/write-population.ts";
import { inRounds } from "../rounds.ts";
import { measuredServer, startServer } from "../start-server.ts";
import { traceRequest } from "../trace-request.ts";
import type { SqlValue } from "../tracing/traced-statement.ts";

const connections = 64;
const claimers = 64;
/** Devices that claim own no pool. */
const firstClaimer = 10_000;

export const claim: Benchmark = {
  name: "claim",
  about: `\`POST /keys/claim\` for one key of one device, durable (WAL, \`synchronous=FULL\`), over ${connections}
connections that claim without a pause for ${claimers} users, each claim of the next device in turn. Every claim must find a
one-time key: afterwards the database is asked whether as many keys were issued as claims answered. The floors: a bare
\`node:http\` server that reads the same body and sends the same bytes; and a bare better-sqlite3 loop that runs the
statements of one real claim, traced in this run (with the look-up of the access token and those of the transaction around
it), in groups as large as the server's were in that round. Latencies are those of wrk, which adds what its own connections
would have measured while they all waited: a short standstill of the server weighs as much as it lasts.`,
  run: measure,
};

function requestOf(target: number, claimer: number): LoadRequest {
  const { userId, deviceId } = deviceAt(target);
  const body = JSON.stringify({ one_time_keys: { [userId]: { [deviceId]: "signed_curve25519" } } });
  const { accessToken } = deviceAt(firstClaimer + (claimer % claimers));
  return { method: "POST", path: "/_matrix/client/v3/keys/claim", accessToken, body };
}

/** What differs from claim to claim in the statements. */
function subjectOf(target: number, claimer: number): SqlValue[] {
  const { userId, deviceId } = deviceAt(target);
  return [digestOfToken(deviceAt(firstClaimer + (claimer % claimers))), userId, deviceId];
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace } = options;
  const pools: Pools = quick ? { devices: 200, keys: 500 } : { devices: 1200, keys: 500 };
  const [rounds, seconds, bareSeconds] = quick ? [2, 2, 1] : [5, 3, 1.5];
  const database = () =>
    workspace.database(quick ? "small-pools" : "pools", (folder) => writePopulation(folder, pools));
  const { folder, path } = await database();

  const { template, answer } = await traceRequest(
    ...([(await database()).folder, requestOf(0, 0), requestOf(1, 0), subjectOf(1, 0)] as const),
  );
  const targets = Array.from({ length: pools.devices }, (_, index) => index);
  const subjects = targets.map((target) => subjectOf(target, target));
  const requestsFile = join(folder, "claims");
  writeRequests(
    requestsFile,
    targets.map((target) => requestOf(target, target)),
  );

  const server = await startServer(measuredServer(options, folder));
  const bareHttp = await startBareHttp(answer);
  const bareSqlite = await openBareSqlite({ path: (await database()).path, template });
  let next = 0;
  let bareNext = 0;
  let answered = 0;
  let groupSize = 1;
  const loadOurs = async (duration: number) => {
    const before = readCounters(path);
    const result = await runLoad({ urls: [server.url], requestsFile, start: next, connections, seconds: duration });
    const after = readCounters(path);
    next = result.next;
    answered += result.requests;
    groupSize = (after.issuedKeys - before.issuedKeys) / (after.commits - before.commits);
    return { ...result, groupSize };
  };
  const loadBareHttp = (duration: number) =>
    runLoad({ urls: [bareHttp.url], requestsFile, start: next, connections, seconds: duration });
  const runBareSqlite = async () => {
    const atMost = pools.devices * pools.keys - bareNext;
    const result = await bareSqlite.run({ subjects, start: bareNext, atMost, groupSize, seconds: bareSeconds });
    bareNext += result.requests;
    return result.rate;
  };
  try {
    await loadOurs(2);
    await loadBareHttp(1);
    const { ours, http, sqlite } = await inRounds(options.machineLoad, rounds, {
      ours: () => loadOurs(seconds),
      http: () => loadBareHttp(seconds),
      sqlite: runBareSqlite,
    });
    checkIssued(readCounters(path), answered);
    return figuresOf(ours, http, sqlite);
  } finally {
    await Promise.all([server.stop(), bareHttp.stop(), bareSqlite.stop()]);
  }
}

type OurResult = LoadResult & { readonly groupSize: number };

function figuresOf(ours: readonly OurResult[], http: readonly LoadResult[], sqlite: readonly number[]): Figure[] {
  const rates = ours.map(rateOf);
  return [
    {
      ...{ name: "claims per second", unit: "/s", ours: rates, floor: http.map(rateOf), floorName: "bare node:http" },
      target: { of: "ratio", is: "at least", value: 0.2 },
    },
    {
      ...{ name: "claims per second", unit: "/s", ours: rates, floor: sqlite, floorName: "bare better-sqlite3" },
      target: { of: "ratio", is: "at least", value: 0.5 },
    },
    {
      ...{ name: "claims per second", unit: "/s", ours: rates, floor: bothOneAfterAnother(http, sqlite) },
      floorName: "both floors, one after the other",
    },
    {
      ...{ name: "latency p50", unit: "ms", floorName: "bare node:http" },
      ...{ ours: ours.map(({ p50 }) => p50), floor: http.map(({ p50 }) => p50) },
    },
    {
      ...{ name: "latency p99", unit: "ms", floorName: "bare node:http" },
      ...{ ours: ours.map(({ p99 }) => p99), floor: http.map(({ p99 }) => p99) },
    },
    { name: "claims per commit", unit: "", ours: ours.map((result) => result.groupSize) },
  ];
}

/** What a program would do that has no other costs than these two. */
function bothOneAfterAnother(http: readonly LoadResult[], sqlite: readonly number[]): number[] {
  return http.map((result, round) => 1 / (1 / rateOf(result) + 1 / (sqlite[round] ?? Number.NaN)));
}

function rateOf({ requests, seconds }: LoadResult): number {
  return requests / seconds;
}

/** When a load ends, claims that were under way are served but not counted. */
function checkIssued({ issuedKeys, pooledKeys }: Counters, answered: number): void {
  if (issuedKeys >= answered && issuedKeys < answered * 1.02 + 1_000 && pooledKeys > 0) return;
  throw new BrokenBenchmarkError(
    `${answered} claims were answered, but ${issuedKeys} keys were issued and ${pooledKeys} are left`,
  );
}
