// What a failing bridge costs when a thousand clients ask for its users' keys: the clients, the bridge, the server, and everybody else.
//   node scripts/measure/appservice-storm.ts [--clients=1000] [--seconds=75] [--only=slow] [--write]
//   --write puts the figures into docs/reliability.md
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Bystanders, type Spread, spreadOf } from "../../test/appservices/storm/bystanders.ts";
import { accountsOf, setsOf } from "../../test/appservices/storm/population.ts";
import type { ProcessSample } from "../../test/appservices/storm/scrape.ts";
import { type StormBook, storm } from "../../test/appservices/storm/storm.ts";
import type { Kind, Manner } from "../../test/appservices/storm/storm-answers.ts";
import { StormAppservice } from "../../test/appservices/storm/storm-appservice.ts";
import { StormHouse } from "../../test/appservices/storm/storm-house.ts";
import { writeFigures } from "./write-figures.ts";

/** `null`: the users asked for are no bridge's, for comparison. */
const cases: readonly (readonly [string, Manner | null])[] = [
  ["no bridge: the same requests for ordinary users", null],
  ["healthy, answers after 200 ms", "healthy"],
  ["down: connections are refused", "down"],
  ["connections are reset at once", "resets"],
  ["slow, answers after 30 s", "slow"],
  ["slow, and makes requests of its own", "busy"],
  ["unknown route: 404 to both paths", "unknown"],
  ["answers 10 MB", "huge"],
  ["answers no JSON (HTML, a part, nothing)", "no JSON"],
  ["answers JSON of wrong shapes", "wrong shapes"],
];

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1000" },
    seconds: { type: "string", default: "75" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
/** Ms: for so long nobody but the bystanders asks for anything, before the storm and after it. */
const quiet = 20_000;
/** Ms from one round of a client to its next. */
const period = 30_000;
/** Bytes that the server may hold more after a storm than before it, and have more of the machine during it. */
const heapBound = 16 * 1024 * 1024;
const residentBound = 320 * 1024 * 1024;

interface Figures {
  readonly name: string;
  readonly book: StormBook;
  /** `undefined`: it cannot count, for it is not reached, or there is none. */
  readonly appservice: StormAppservice | undefined;
  readonly connections: readonly number[];
  /** Ms since the epoch. */
  readonly began: number;
  readonly quietly: Waits;
  readonly stormily: Waits;
  readonly samples: Samples;
  /** Seconds that the machine's CPUs worked during the storm for neither the server nor this process. */
  readonly cpuOfOthers: number;
}

type Waits = ReturnType<Bystanders["take"]>;

interface Samples {
  readonly before: ProcessSample;
  readonly during: { readonly samples: readonly ProcessSample[]; readonly peakMemory: number };
  readonly after: ProcessSample;
}

const folder = mkdtempSync(join(tmpdir(), "claviger-storm-"));
try {
  const all: Figures[] = [];
  for (const [name, manner] of cases) {
    if (values.only !== undefined && values.only !== (manner ?? "none")) continue;
    all.push(await measure(name, manner, join(folder, String(all.length))));
    console.log(describe(all.slice(-1)), "\n");
  }
  report(describe(all));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(name: string, manner: Manner | null, home: string): Promise<Figures> {
  const appservice = manner === null ? undefined : await StormAppservice.start(manner);
  const registration = `${home}.yaml`;
  appservice?.register(registration, "bridge_");
  const house = await StormHouse.open(home, {
    ...{ clients: Number(values.clients), timeouts: [2000, 10_000] },
    ...{ sets: setsOf(accountsOf("bridge_", 51 * 20), 20), registrations: appservice ? [registration] : [] },
  });
  const bystanders = new Bystanders(house.bystanders);
  try {
    await house.warmUp();
    appservice?.workAt(house.url);
    bystanders.start();
    await sleep(quiet / 4);
    bystanders.take();
    await sleep(quiet);
    const quietly = bystanders.take();
    const before = await house.sampleHeld();
    bystanders.take();
    const began = Date.now();
    let storming = true;
    const peakMemory = notePeakMemory(house.running.process.pid ?? 0);
    const sampling = sampleUntil(house, () => storming);
    const beforeStorm = await house.sample();
    const [allBefore, ownBefore] = [busySeconds(), ownSeconds()];
    const book = await storm(house.clients, { length: Number(values.seconds) * 1000, period });
    storming = false;
    const during = { samples: await sampling, peakMemory: peakMemory() };
    const serverSeconds = (await house.sample()).cpu - beforeStorm.cpu;
    const cpuOfOthers = busySeconds() - allBefore - (ownSeconds() - ownBefore) - serverSeconds;
    const stormily = bystanders.take();
    await sleep(quiet);
    const after = await house.sampleHeld();
    await bystanders.stop();
    const wrong = [...book.wrong, ...bystanders.wrong];
    if (book.givenTwice > 0) wrong.push(`${book.givenTwice} keys were given twice`);
    if (after.heap - before.heap > heapBound) wrong.push(`the heap grew to ${megabytes(after.heap)} MB`);
    if (during.peakMemory - before.rss > residentBound) wrong.push(`it had ${megabytes(during.peakMemory)} MB`);
    if (wrong.length > 0) throw new Error(`${name}: ${wrong.slice(0, 10).join("; ")}`);
    const connections = house.connections();
    const samples = { before, during, after };
    return { name, book, appservice, connections, began, quietly, stormily, samples, cpuOfOthers };
  } finally {
    const code = await house.close();
    await appservice?.stop();
    if (code !== 0) console.error(`the server ended with ${code}: ${(await house.running.ended).stderr}`);
  }
}

async function sampleUntil(house: StormHouse, goesOn: () => boolean): Promise<ProcessSample[]> {
  const samples: ProcessSample[] = [];
  // What was before is in the first, and is not counted.
  await house.sample();
  do {
    await sleep(1000);
    samples.push(await house.sample());
  } while (goesOn());
  return samples;
}

/** For which the CPUs of this machine have worked. */
function busySeconds(): number {
  const busy = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return busy.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000;
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

/** Linux forgets the largest size that a process had, and tells it afterwards in bytes. */
function notePeakMemory(pid: number): () => number {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return () => 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function describe(all: readonly Figures[]): string {
  return [
    `${values.clients} clients with accounts of their own, each with one connection, on ${availableParallelism()} cores that the server, the clients and the bridge share. All begin at once; each asks for the device`,
    "keys and then for one-time keys of the 20 users that everybody asks for and of the 20 users of its own of 50 sets, one request after another, and does so again every",
    `${period / 1000} s for ${values.seconds} s, evenly spread. One half says \`timeout\` 2000, the other 10000. Every second user has device keys and a fallback key at the server; the others have nothing there.`,
    "",
    "**The clients.** Every answer was 200 and had every user and device in it that was asked for; no key was given twice. Waits are from sending to the end of the answer, in ms;",
    "they are longer than the timeout by as much as the same requests take without a bridge (the first row), for the first wave is more than the CPUs can do at once.",
    "",
    table(
      ["the bridge", "requests", "timeout 2 s: p50", "p99", "longest", "timeout 10 s: p50", "p99", "longest"],
      all.map(({ name, book }) => [name, book.requests, ...spread(book, 2000), ...spread(book, 10_000)]),
    ),
    "",
    "What they were given. In the first wave 20 keys are claimed for each client at once, and what waits for a bridge is bounded: a healthy one does not give them all.",
    "",
    table(
      ["the bridge", "one-time keys of the bridge", "fallback keys", "`{}`", "devices of the bridge", "devices stored"],
      all.map(({ name, book: { keys, devices } }) => [
        ...[name, keys.bridge, keys.fallback, keys.none],
        ...[devices.bridge, devices.stored],
      ]),
    ),
    "",
    ...describeBridges(all),
    ...describeServer(all),
  ].join("\n");
}

function describeBridges(all: readonly Figures[]): string[] {
  const head = [
    ...["the bridge", "requests for device keys", "for one-time keys", "the most keys in one"],
    ...["at one time: for one user's device keys", "for device keys", "for one-time keys", "connections opened"],
  ];
  return [
    "**The bridge.** Where it cannot count requests, the connections are those that the server's process tried to open.",
    "",
    table(head, all.flatMap(bridgeRow)),
    "",
    "When it was asked, in seconds since the storm began (and how often in that tenth of a second):",
    "",
    ...all.flatMap(whenAsked),
    "",
  ];
}

function describeServer(all: readonly Figures[]): string[] {
  const head = [
    ...["the bridge", "resident before", "peak", "after", "heap before", "after", "open files before", "after"],
    ...["CPU of the server, s", "of other programs", "lag, longest", "lag, p99"],
  ];
  return [
    `**The server's process.** Memory in MB: the resident size before (after two such waves of requests for others), at its peak, which is less than ${megabytes(residentBound)} MB more, and ${quiet / 1000} s after;`,
    `the heap before and after, its garbage collected, which has grown by less than ${megabytes(heapBound)} MB.`,
    "The lag of the event loop in ms: the longest of all, and the median of the 99th percentiles of each second.",
    "",
    table(head, all.map(processRow)),
    "",
    "**Everybody else.** 20 requests a second of ordinary users for each other's keys: p50 / p99 / longest in ms, before the storm and in it.",
    "",
    table(
      ["the bridge", "query, quiet", "query, in the storm", "claim, quiet", "claim, in the storm"],
      all.map(({ name, quietly, stormily }) => [
        name,
        ...[quietly.query, stormily.query, quietly.claim, stormily.claim].map(spreadText),
      ]),
    ),
  ];
}

function spread({ waits }: StormBook, timeout: number): number[] {
  const { p50, p99, longest } = spreadOf(waits.get(timeout) ?? []);
  return [p50, p99, longest].map(Math.round);
}

function spreadText({ p50, p99, longest }: Spread): string {
  return `${p50.toFixed(1)} / ${p99.toFixed(0)} / ${longest.toFixed(0)}`;
}

function bridgeRow({ name, appservice, connections }: Figures): (string | number)[][] {
  if (!appservice) return [];
  const { arrivals, most } = appservice;
  if (arrivals.length === 0) return [[name, ...Array.from({ length: 6 }, () => ""), connections.length]];
  const of = (kind: Kind) => arrivals.filter((arrival) => arrival.kind === kind);
  const largest = Math.max(0, ...of("claim").map(({ size }) => size));
  const counts = [of("query").length, of("claim").length, largest, most.ofUser, most.query, most.claim];
  return [[name, ...counts, connections.length]];
}

/** Nothing of those who are asked all the time. */
function whenAsked({ name, appservice, connections, began }: Figures): string[] {
  if (!appservice) return [];
  const line = (what: string, times: readonly number[]) => {
    const tenths = Map.groupBy(times, (at) => ((at - began) / 1000).toFixed(1));
    const list = [...tenths].map(([at, { length }]) => (length === 1 ? at : `${at} (${length})`));
    return times.length === 0 || times.length > 90 ? [] : [`- ${name}: ${what} at ${list.join(", ")}`];
  };
  if (appservice.arrivals.length === 0) return line("connections", connections);
  const of = (kind: Kind) => appservice.arrivals.filter((arrival) => arrival.kind === kind).map(({ at }) => at);
  return [...line("device keys", of("query")), ...line("one-time keys", of("claim"))];
}

function processRow({ name, samples: { before, during, after }, cpuOfOthers }: Figures): string[] {
  const milliseconds = (seconds: number) => (seconds * 1000).toFixed(0);
  return [
    ...[name, megabytes(before.rss), megabytes(during.peakMemory), megabytes(after.rss)],
    ...[megabytes(before.heap), megabytes(after.heap), String(before.openFiles), String(after.openFiles)],
    ...[(after.cpu - before.cpu).toFixed(0), Math.max(0, cpuOfOthers).toFixed(0)],
    milliseconds(Math.max(...during.samples.map(({ lagMax }) => lagMax))),
    milliseconds(spreadOf(during.samples.map(({ lagP99 }) => lagP99)).p50),
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, head.map((_, index) => (index === 0 ? "---" : "--:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function report(text: string): void {
  console.log(text);
  if (values.write) writeFigures("reliability.md", "appservice-storm", import.meta.filename, text);
}
