import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { Child } from "../child/child.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { writeRequests } from "../load/requests-file.ts";
import { deviceAt } from "../population/identities.ts";
import { claimRequests } from "../postgres/claim-requests.ts";
import { durableCluster } from "../postgres/durable-cluster.ts";
import { createPopulated } from "../postgres/populate.ts";
import { startServers } from "../postgres/start-servers.ts";
import type { Place, WakerParameters } from "../processes/waker.ts";
import { inRounds } from "../rounds.ts";
import { percentile } from "../statistics.ts";

const claimers = 64;
const connections = 8;
const targets = { devices: 2_000, keys: 200 };

export const wakePostgres: Benchmark = {
  name: "wake-postgres",
  about: `A device waits in \`GET /sync\` at one process; \`PUT /sendToDevice\` of a message for it goes to another process on the same
PostgreSQL, durable. Time from the sending of the request to the end of the sync's answer, message after message; every answer must hold its message.
Beside it the same with messages sent to the very process at which the sync waits, in turn with the others. Once with nothing else going on, and once while
${connections} connections claim keys at both processes without a pause, so that all cores are busy.`,
  run: measure,
};

interface Waking {
  readonly across: readonly number[];
  readonly within: readonly number[];
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace, machineLoad } = options;
  const rounds = quick ? 2 : 5;
  // Of each round, both ways together.
  const messages = quick ? 100 : 300;
  const requestsFile = join(workspace.newFolder("wakes"), "claims");
  writeRequests(requestsFile, claimRequests(targets, claimers));
  const cluster = await durableCluster();
  const database = await createPopulated(cluster, "wakes", { people: claimers + 2, targets });
  const servers = await startServers(options, database, 2);
  const waker = new Child(new URL("../processes/waker.ts", import.meta.url));
  const [here, there] = servers.urls.map(placeOf) as [Place, Place];
  const parameters: WakerParameters = {
    ...{ waitingAt: here, sentTo: [there, here], messages },
    ...{ sender: deviceAt(claimers).accessToken, receiver: deviceAt(claimers + 1) },
  };
  const wake = async (): Promise<Waking> => {
    const [across = [], within = []] = await waker.call<number[][]>("wake", parameters);
    return { across, within };
  };
  let next = 0;
  const wakeUnderLoad = async (): Promise<Waking & { readonly load: LoadResult }> => {
    // In pieces of a second, as long as messages are sent.
    let ended = false;
    const waking = wake().finally(() => {
      ended = true;
    });
    const pieces: LoadResult[] = [];
    while (!ended) {
      const piece = await runLoad({ urls: servers.urls, requestsFile, start: next, connections, seconds: 1 });
      next = piece.next;
      pieces.push(piece);
    }
    return { ...(await waking), load: pieces[0] as LoadResult };
  };
  try {
    await wake();
    await wakeUnderLoad();
    const { idle, loaded } = await inRounds(machineLoad, rounds, { idle: wake, loaded: wakeUnderLoad });
    return [
      ...figuresOf("nothing else", idle),
      ...figuresOf("under load", loaded),
      {
        ...{ name: "claims per second meanwhile", unit: "/s" },
        ours: loaded.map(({ load }) => load.requests / load.seconds),
      },
    ];
  } finally {
    await Promise.all([servers.stop(), waker.stop()]);
    await cluster.dropDatabase(database.name);
  }
}

function placeOf(url: string): Place {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
}

/** The percentiles are those of a round. */
function figuresOf(when: string, results: readonly Waking[]): Figure[] {
  return [0.5, 0.99].map((share) => ({
    ...{ name: `waking another process's sync, ${when}, p${share * 100}`, unit: "ms", floorName: "within one process" },
    ours: results.map(({ across }) => percentile(across, share)),
    floor: results.map(({ within }) => percentile(within, share)),
  }));
}
