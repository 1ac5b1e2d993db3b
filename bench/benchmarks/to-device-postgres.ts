import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { type PgbenchResult, runPgbench } from "../load/pgbench.ts";
import { type LoadRequest, uniquePart, writeRequests } from "../load/requests-file.ts";
import { deviceAt } from "../population/identities.ts";
import { connectTo } from "../postgres/connect-to.ts";
import { durableCluster } from "../postgres/durable-cluster.ts";
import { type BenchDatabase, createPopulated, targetAt } from "../postgres/populate.ts";
import { countQueries } from "../postgres/read-metrics.ts";
import { type RunningServers, startServers } from "../postgres/start-servers.ts";
import { inRounds } from "../rounds.ts";

const connections = 64;
const senders = 64;
const targets = { devices: 2_000, keys: 1 };
const processCounts = [1, 2, 4] as const;

export const toDevicePostgres: Benchmark = {
  name: "to-device-postgres",
  about: `\`PUT /sendToDevice\` of one message of 200 bytes to one device on PostgreSQL, durable, over ${connections} connections in all, spread over
one, two and four processes on one database. Positions come from one row, which is locked from the counting to the end of the
commit, so that their order is that of the commits: one group of messages at a time is committed, whichever process has it. The bound is therefore
messages per group times groups per second, and the latter cannot be more than one client of \`pgbench\` gets through with
\`UPDATE stream SET position = position + 1\`, the floor here.`,
  run: measure,
};

function sendRequests(): LoadRequest[] {
  return Array.from({ length: targets.devices }, (_, index) => {
    const { userId, deviceId } = targetAt((index * 7) % targets.devices);
    const body = JSON.stringify({ messages: { [userId]: { [deviceId]: { text: "x".repeat(200) } } } });
    const path = `/_matrix/client/v3/sendToDevice/m.bench/${uniquePart}`;
    return { method: "PUT", path, accessToken: deviceAt(index % senders).accessToken, body };
  });
}

type Sent = LoadResult & { readonly groups: number; readonly messages: number };

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace, machineLoad } = options;
  const [rounds, seconds] = quick ? [2, 2] : [5, 3];
  const requestsFile = join(workspace.newFolder("messages"), "messages");
  writeRequests(requestsFile, sendRequests());
  const cluster = await durableCluster();
  const template = await createPopulated(cluster, "messages", { people: senders, targets });
  const copy = async (name: string): Promise<BenchDatabase> => {
    await cluster.createDatabase(name, template.name);
    return { name, url: cluster.urlOf(name), config: { engine: "postgres", url: cluster.urlOf(name) } };
  };
  const bare = await copy("messages_bare");
  const databases = [bare];
  const servers = new Map<number, RunningServers>();
  let next = 0;
  const send = async (count: number, duration: number): Promise<Sent> => {
    const { urls } = servers.get(count) as RunningServers;
    const before = await countQueries(urls);
    const result = await runLoad({ urls, requestsFile, start: next, connections, seconds: duration });
    next = result.next;
    const after = await countQueries(urls);
    const groups = (after.get("stream.reserve") ?? 0) - (before.get("stream.reserve") ?? 0);
    return { ...result, groups, messages: result.requests / groups };
  };
  const script = "UPDATE stream SET position = position + 1 WHERE id = 1";
  const runBare = (duration: number) => runPgbench({ url: bare.url, script, clients: 1, seconds: duration });
  try {
    for (const count of processCounts) {
      const database = await copy(`messages_${count}`);
      databases.push(database);
      servers.set(count, await startServers(options, database, count));
    }
    for (const count of processCounts) await send(count, 2);
    await runBare(1);
    const results = await inRounds(machineLoad, rounds, {
      one: () => send(1, seconds),
      two: () => send(2, seconds),
      four: () => send(4, seconds),
      floor: () => runBare(seconds),
    });
    const ours = [results.one, results.two, results.four];
    for (const [index, count] of processCounts.entries()) await checkInboxes(databases[index + 1], ours[index], count);
    return figuresOf(ours, results.floor);
  } finally {
    await Promise.all([...servers.values()].map((running) => running.stop()));
    for (const { name } of [...databases, template]) await cluster.dropDatabase(name);
  }
}

/** Every message that was answered is there. */
async function checkInboxes(database: BenchDatabase | undefined, results: readonly Sent[] = [], count: number) {
  const client = await connectTo(database?.url ?? "");
  const { rows } = await client.query<{ stored: string }>("SELECT count(*) AS stored FROM to_device_inbox");
  await client.end();
  const sent = results.reduce((sum, { requests }) => sum + requests, 0);
  const stored = Number(rows[0]?.stored);
  if (stored < sent) throw new BrokenBenchmarkError(`${count} processes took ${sent} messages and stored ${stored}`);
}

function figuresOf(ours: readonly (readonly Sent[])[], floor: readonly PgbenchResult[]): Figure[] {
  return processCounts.flatMap((count, index): Figure[] => {
    const results = ours[index] ?? [];
    const processes = count === 1 ? "1 process" : `${count} processes`;
    const bound = results.map(({ messages }, round) => messages * (floor[round]?.rate ?? Number.NaN));
    return [
      {
        ...{ name: `messages per second, ${processes}`, unit: "/s" },
        ...{ ours: results.map(({ requests, seconds }) => requests / seconds), floor: bound },
        floorName: "the bound at this group size",
      },
      {
        ...{ name: `groups per second, ${processes}`, unit: "/s", floorName: "pgbench, one client" },
        ...{ ours: results.map(({ groups, seconds }) => groups / seconds), floor: floor.map(({ rate }) => rate) },
      },
      { name: `messages per group, ${processes}`, unit: "", ours: results.map(({ messages }) => messages) },
      { name: `latency p50, ${processes}`, unit: "ms", ours: results.map(({ p50 }) => p50) },
      { name: `latency p99, ${processes}`, unit: "ms", ours: results.map(({ p99 }) => p99) },
    ];
  });
}
