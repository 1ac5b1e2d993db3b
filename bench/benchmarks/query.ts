import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { Child } from "../child/child.ts";
import { answerOf } from "../floors.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { type LoadRequest, writeRequests } from "../load/requests-file.ts";
import { deviceAt, devicesPerUser, digestOfToken, userIdOf, users } from "../population/identities.ts";
import { writePopulation } from "../population/write-population.ts";
import type { BareQuery } from "../processes/bare-query-server.ts";
import { inRounds } from "../rounds.ts";
import { measuredServer, startServer } from "../start-server.ts";
import { seededRandom } from "../statistics.ts";
import { traceRequest } from "../trace-request.ts";

const connections = 16;
const usersPerQuery = 100;
const caller = deviceAt(0);

export const query: Benchmark = {
  name: "query",
  about: `\`POST /keys/query\` for ${usersPerQuery} random users of ${users.toLocaleString("en")}, with ${devicesPerUser}
devices and three cross-signing keys each, over ${connections} connections; no answer is asked for twice in a row. The floor: a
bare \`node:http\` server that parses the body, runs the same statements (those of one real query, traced in this run) with
better-sqlite3 and puts the texts together; both must give the same JSON.`,
  run: measure,
};

const random = seededRandom(1);

function randomUsers(): string[] {
  const chosen = new Set<string>();
  while (chosen.size < usersPerQuery) chosen.add(userIdOf(1 + Math.floor(random() * (users - 1))));
  return [...chosen];
}

function requestOf(userIds: readonly string[]): LoadRequest {
  const body = JSON.stringify({ device_keys: Object.fromEntries(userIds.map((userId) => [userId, []])) });
  return { method: "POST", path: "/_matrix/client/v3/keys/query", accessToken: caller.accessToken, body };
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace } = options;
  const [rounds, seconds] = quick ? [2, 2] : [5, 3];
  const database = () => workspace.database("people", (folder) => writePopulation(folder, { devices: 0, keys: 0 }));
  const { folder } = await database();

  const callerSubject = [digestOfToken(caller), caller.userId, caller.deviceId];
  const traced = randomUsers();
  const subject = [...callerSubject, ...traced, JSON.stringify(traced)];
  const { template, answer } = await traceRequest(
    ...([(await database()).folder, requestOf(randomUsers()), requestOf(traced), subject] as const),
  );
  const requestsFile = join(folder, "queries");
  const requests = Array.from({ length: 2_000 }, () => requestOf(randomUsers()));
  writeRequests(requestsFile, requests);

  const server = await startServer(measuredServer(options, folder));
  const bare = new Child(new URL("../processes/bare-query-server.ts", import.meta.url));
  const { path } = await database();
  const { "content-length": _, ...headers } = answer.headers;
  const parameters: BareQuery = { path, template, headers, caller: callerSubject };
  const bareUrl = await bare.call<string>("start", parameters);
  const load = (url: string, start: number, duration: number) =>
    runLoad({ urls: [url], requestsFile, start, connections, seconds: duration });
  try {
    for (const request of requests.slice(0, 3)) await compareAnswers(server.url, bareUrl, request);
    await load(server.url, 0, 2);
    await load(bareUrl, 0, 2);
    const { ours, floor } = await inRounds(options.machineLoad, rounds, {
      ours: (attempt) => load(server.url, attempt * 400, seconds),
      floor: (attempt) => load(bareUrl, attempt * 400, seconds),
    });
    return figuresOf(ours, floor);
  } finally {
    await Promise.all([server.stop(), bare.stop()]);
  }
}

function figuresOf(ours: readonly LoadResult[], floor: readonly LoadResult[]): Figure[] {
  const floorName = "bare node:http and better-sqlite3";
  const rates = (results: readonly LoadResult[]) => results.map((result) => result.requests / result.seconds);
  return [
    {
      ...{ name: "queries per second", unit: "/s", ours: rates(ours), floor: rates(floor), floorName },
      target: { of: "ratio", is: "at least", value: 0.6 },
    },
    {
      ...{ name: "latency p50", unit: "ms", floorName },
      ...{ ours: ours.map(({ p50 }) => p50), floor: floor.map(({ p50 }) => p50) },
    },
    {
      ...{ name: "latency p99", unit: "ms", floorName },
      ...{ ours: ours.map(({ p99 }) => p99), floor: floor.map(({ p99 }) => p99) },
    },
  ];
}

async function compareAnswers(url: string, bareUrl: string, request: LoadRequest): Promise<void> {
  const [ours, bare] = await Promise.all([answerOf(url, request), answerOf(bareUrl, request)]);
  if (isDeepStrictEqual(JSON.parse(ours.body.toString()), JSON.parse(bare.body.toString()))) return;
  throw new BrokenBenchmarkError("The floor's answer to a query is not the server's");
}
