import { join } from "node:path";
import { type Benchmark, BrokenBenchmarkError, type Figure, type RunOptions } from "../benchmark.ts";
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
it), in groups as large as the server's were in that round.`,
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
  const pools: Pools = quick ? { devices: 200, keys: 500 } : { devices: 600, keys: 500 };
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
  const ours: LoadResult[] = [];
  const http: LoadResult[] = [];
  const sqlite: number[] = [];
  const groupSizes: number[] = [];
  let next = 0;
  let bareNext = 0;
  let answered = 0;

  const load = async (url: string, duration: number) => {
    const result = await runLoad({ url, requestsFile, start: next, connections, seconds: duration });
    if (url === server.url) {
      next = result.next;
      answered += result.requests;
    }
    return result;
  };
  try {
    await load(server.url, 2);
    await load(bareHttp.url, 1);
    await inRounds(rounds, [
      async () => {
        const before = readCounters(path);
        const result = await load(server.url, seconds);
        ours.push(result);
        groupSizes.push(groupSize(before, readCounters(path)));
      },
      async () => void http.push(await load(bareHttp.url, seconds)),
      async (round) => {
        const size = groupSizes[round] ?? groupSizes[round - 1] ?? 1;
        const atMost = Math.floor((pools.devices * pools.keys) / rounds);
        const result = await bareSqlite.run({
          ...{ subjects, start: bareNext, atMost, groupSize: size, seconds: bareSeconds },
        });
        bareNext += result.requests;
        sqlite.push(result.rate);
      },
    ]);
    checkIssued(readCounters(path), answered, rounds);
  } finally {
    await Promise.all([server.stop(), bareHttp.stop(), bareSqlite.stop()]);
  }
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
      ...{ name: "latency p50", unit: "ms", floorName: "bare node:http" },
      ...{ ours: ours.map(({ p50 }) => p50), floor: http.map(({ p50 }) => p50) },
    },
    {
      ...{ name: "latency p99", unit: "ms", floorName: "bare node:http" },
      ...{ ours: ours.map(({ p99 }) => p99), floor: http.map(({ p99 }) => p99) },
    },
    { name: "claims per commit", unit: "", ours: groupSizes },
  ];
}

function rateOf({ requests, seconds }: LoadResult): number {
  return requests / seconds;
}

function groupSize(before: Counters, after: Counters): number {
  return (after.issuedKeys - before.issuedKeys) / (after.commits - before.commits);
}

/** When a load ends, claims that were under way are served but not counted. */
function checkIssued({ issuedKeys, pooledKeys }: Counters, answered: number, rounds: number): void {
  const underWay = connections * (rounds + 1) + rounds + 2;
  if (issuedKeys >= answered && issuedKeys <= answered + underWay && pooledKeys > 0) return;
  throw new BrokenBenchmarkError(
    `${answered} claims were answered, but ${issuedKeys} keys were issued and ${pooledKeys} are left`,
  );
}
