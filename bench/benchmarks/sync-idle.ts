import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { Child } from "../child/child.ts";
import type { Memory } from "../child/process-usage.ts";
import { deviceAt } from "../population/identities.ts";
import { writePopulation } from "../population/write-population.ts";
import type { WakeParameters } from "../processes/poller.ts";
import { measuredServer, startServer } from "../start-server.ts";
import { percentile } from "../statistics.ts";

const polls = 10_000;
const openFiles = 65_536;
const idleSeconds = 5;

export const syncIdle: Benchmark = {
  name: "sync-idle",
  about: `${polls.toLocaleString("en")} devices wait in \`GET /sync\`. Memory for each: what the process has more than before
they came (everybody has made an initial sync by then), after a garbage collection both times. CPU: what the process uses
for ${idleSeconds} s in which nothing happens. Waking: from the sending of \`PUT /sendToDevice\` to the answer of the poll of
the device it is for, durable, one after another. The floor: a bare \`node:http\` server that holds its responses and answers
one when a request names it.`,
  run: measure,
};

/** What polls: the first devices. What wakes them: another one. */
const tokens = Array.from({ length: polls }, (_, index) => deviceAt(index).accessToken);
const sender = deviceAt(polls);

interface Holder {
  readonly url: string;
  memory(): Promise<Memory>;
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

interface Held {
  /** Bytes for each poll. */
  readonly rss: number;
  readonly heap: number;
  /** Percent of one core. */
  readonly cpu: number;
  readonly wakes: readonly number[];
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace } = options;
  const { folder } = await workspace.database("people", (place) => writePopulation(place, { devices: 0, keys: 0 }));
  await options.machineLoad.untilFree();
  const count = quick ? 50 : 200;
  const indexes = Array.from({ length: count }, (_, number) => (number * 7919) % polls);
  const ours = await hold(await startServer({ ...measuredServer(options, folder), openFiles }), {
    ...{ indexes, path: "/_matrix/client/v3/sendToDevice/m.bench", accessToken: sender.accessToken },
    bodies: indexes.map((index) => {
      const { userId, deviceId } = deviceAt(index);
      return JSON.stringify({ messages: { [userId]: { [deviceId]: { text: "x".repeat(200) } } } });
    }),
  });
  const floor = await hold(await startBare(), {
    ...{ indexes, path: "/wake", accessToken: "" },
    bodies: indexes.map((index) => JSON.stringify({ wake: tokens[index], text: "x".repeat(200) })),
  });
  const floorName = "bare node:http";
  const figure = (name: string, unit: string, of: (held: Held) => number): Figure => {
    return { name, unit, ours: [of(ours)], floor: [of(floor)], floorName };
  };
  return [
    {
      ...figure("memory per poll (RSS)", "KB", ({ rss }) => rss / 1000),
      target: { of: "ours", is: "below", value: 24 },
    },
    figure("memory per poll (heap)", "KB", ({ heap }) => heap / 1000),
    { name: "CPU while all wait", unit: "%", ours: [ours.cpu], target: { of: "ours", is: "below", value: 1 } },
    figure("waking one, p50", "ms", ({ wakes }) => percentile(wakes, 0.5)),
    figure("waking one, p99", "ms", ({ wakes }) => percentile(wakes, 0.99)),
  ];
}

async function startBare(): Promise<Holder> {
  const child = new Child(new URL("../processes/bare-poll-server.ts", import.meta.url), { openFiles });
  const url = await child.call<string>("start");
  return {
    url,
    memory: () => child.call("memory"),
    cpu: () => child.call("cpu"),
    stop: () => child.stop(),
  };
}

async function hold(holder: Holder, wake: WakeParameters): Promise<Held> {
  const poller = new Child(new URL("../processes/poller.ts", import.meta.url), { openFiles });
  try {
    const { hostname: host, port } = new URL(holder.url);
    await poller.call("prepare", { host, port: Number(port), tokens });
    await sleep(500);
    const before = await holder.memory();
    const answered = await poller.call<number>("open");
    if (answered > 0) throw new BrokenBenchmarkError(`${answered} of ${polls} polls did not wait`);
    const after = await holder.memory();
    const busyBefore = await holder.cpu();
    await sleep(idleSeconds * 1_000);
    const busyAfter = await holder.cpu();
    const wakes = await poller.call<number[]>("wake", wake);
    return {
      rss: (after.rss - before.rss) / polls,
      heap: (after.heap - before.heap) / polls,
      cpu: (busyAfter - busyBefore) / (idleSeconds * 10),
      wakes,
    };
  } finally {
    await poller.stop();
    await holder.stop();
  }
}
