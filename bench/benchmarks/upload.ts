import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { readCounters } from "../counters.ts";
import { openBareSqlite, startBareHttp } from "../floors.ts";
import { runLoad } from "../load/load.ts";
import { writeRequests } from "../load/requests-file.ts";
import { deviceAt } from "../population/identities.ts";
import { keysPerUpload, uploaders, uploadOf } from "../population/uploads.ts";
import { writePopulation } from "../population/write-population.ts";
import { inRounds } from "../rounds.ts";
import { measuredServer, startServer } from "../start-server.ts";
import { traceRequest } from "../trace-request.ts";

const connections = 16;

export const upload: Benchmark = {
  name: "upload",
  about: `\`POST /keys/upload\` of ${keysPerUpload} new one-time keys, each by another device, over ${connections} connections;
the keys are rightly signed, and the server verifies them (\`keys.verify_signatures: report\`). Durable, as a claim is. The
floors: a bare \`node:http\` server that reads the same bodies and sends the same bytes; and a bare better-sqlite3 loop that
runs the statements of one real upload, traced in this run, for the same rows in groups as large as the server's. Neither
verifies a signature.`,
  run: measure,
};

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace } = options;
  const [rounds, seconds] = quick ? [2, 1] : [4, 3];
  const database = () => workspace.database("people", (folder) => writePopulation(folder, { devices: 0, keys: 0 }));
  const { folder, path } = await database();
  const tracing = await database();
  const [earlier, traced] = [uploadOf(0), uploadOf(uploaders)];
  const { template, answer } = await traceRequest(tracing.folder, earlier.request, traced.request, traced.subject);

  const server = await startServer(measuredServer(options, folder));
  const bareHttp = await startBareHttp(answer);
  const bareSqlite = await openBareSqlite({ path: (await database()).path, template });
  let groupSize = 1;
  let perRound = 500;
  let next = 0;
  const newBatch = (name: string, count: number) => {
    const uploads = Array.from({ length: count }, () => uploadOf(next++));
    const requestsFile = join(folder, name);
    writeRequests(
      requestsFile,
      uploads.map(({ request }) => request),
    );
    return { requestsFile, subjects: uploads.map(({ subject }) => subject) };
  };
  // The contenders of one attempt upload the same.
  const batches = new Map<number, ReturnType<typeof newBatch>>();
  const batchOf = (attempt: number) =>
    batches.getOrInsertComputed(attempt, () => newBatch(`uploads-${attempt}`, perRound));
  const load = (url: string, requestsFile: string, duration: number) =>
    runLoad({ urls: [url], requestsFile, start: 1, connections, seconds: duration });
  try {
    await seeDevices(server.url);
    const warmUp = newBatch("warm-up", perRound).requestsFile;
    const { rate } = await load(server.url, warmUp, 2);
    await load(bareHttp.url, warmUp, 1);
    // More than it will do: an upload that is repeated would be cheap.
    perRound = Math.ceil(Math.max(rate, 300) * seconds * 2);
    const { ours, http, sqlite } = await inRounds(options.machineLoad, rounds, {
      async ours(attempt) {
        const { requestsFile } = batchOf(attempt);
        const before = readCounters(path);
        const result = await load(server.url, requestsFile, seconds);
        const after = readCounters(path);
        const stored = after.pooledKeys - before.pooledKeys;
        checkStored(result.requests, stored);
        groupSize = stored / keysPerUpload / (after.commits - before.commits);
        return { rate: result.rate, groupSize };
      },
      http: async (attempt) => (await load(bareHttp.url, batchOf(attempt).requestsFile, seconds)).rate,
      async sqlite(attempt) {
        const { subjects } = batchOf(attempt);
        return (await bareSqlite.run({ subjects, start: 0, atMost: subjects.length, groupSize, seconds })).rate;
      },
    });
    const rates = ours.map((result) => result.rate);
    return [
      { name: "uploads per second", unit: "/s", ours: rates, floor: http, floorName: "bare node:http" },
      { name: "uploads per second", unit: "/s", ours: rates, floor: sqlite, floorName: "bare better-sqlite3" },
      { name: "uploads per commit", unit: "", ours: ours.map((result) => result.groupSize) },
    ];
  } finally {
    await Promise.all([server.stop(), bareHttp.stop(), bareSqlite.stop()]);
  }
}

/** The server notes once in a while when a device was last seen: not while it is measured. */
async function seeDevices(url: string): Promise<void> {
  for (let index = 0; index < uploaders; index += 50) {
    const devices = Array.from({ length: 50 }, (_, offset) => deviceAt(index + offset));
    await Promise.all(
      devices.map(async ({ accessToken }) => {
        const headers = { authorization: `Bearer ${accessToken}` };
        await (await fetch(`${url}/_matrix/client/v3/account/whoami`, { headers })).text();
      }),
    );
  }
}

/** Each upload that was answered has stored all its keys. When a load ends, some are under way and not counted. */
function checkStored(uploads: number, stored: number): void {
  const extra = stored / keysPerUpload - uploads;
  if (extra >= 0 && extra <= connections + 1) return;
  throw new BrokenBenchmarkError(
    `${uploads} uploads of ${keysPerUpload} keys were answered, but ${stored} keys stored`,
  );
}
