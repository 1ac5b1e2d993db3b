import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { Child } from "../child/child.ts";
import { connectTo } from "../postgres/connect-to.ts";
import { durableCluster } from "../postgres/durable-cluster.ts";
import { createPopulated, type Targets } from "../postgres/populate.ts";
import type { ClaimRound } from "../processes/growth.ts";
import { growthPlot } from "../report/growth-plot.ts";
import { inRounds } from "../rounds.ts";
import { median } from "../statistics.ts";

const keysPerDevice = 100;
const claimsPerRound = 4_000;
const devicesPerRound = 100;
const engines = ["SQLite", "PostgreSQL"] as const;

export const claimGrowth: Benchmark = {
  name: "claim-growth",
  about: `What a claim costs with 10,000 to 10,000,000 one-time keys stored, ${keysPerDevice} of each device, on both engines. Measured in a process that has
the server's storage and its use case, but no HTTP, whose costs would be the same at every size and hide the difference: µs of wall time for each of
${claimsPerRound.toLocaleString("en")} claims, 64 of them under way at once, durable. In each round ${devicesPerRound} devices are drawn from the whole database and claimed from in
turn, ${claimsPerRound / 4} times before and then measured. "Scattered" claims are of another device each time, drawn anew, as far as there are enough: the more keys, the more of their pages are in no
cache but the operating system's, and the fewer are already in the log. Keys that were taken are replaced after each round, and the database is tidied
(\`VACUUM\` and \`CHECKPOINT\`; on SQLite by closing and opening it); the sizes take turns. The floor is the smallest size.`,
  apart: true,
  run: measure,
  plot: { file: "claim-growth.svg", draw: growthPlot },
};

interface Store {
  readonly keys: number;
  readonly targets: Targets;
  readonly child: Child;
  /** Makes it tidy and opens it. */
  prepare(): Promise<void>;
}

/** µs for each claim. */
interface Costs {
  readonly gathered: number;
  readonly scattered: number;
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const sizes = options.quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000, 10_000_000];
  const rounds = options.quick ? 3 : 12;
  // Each on a core of its own.
  const [sqlite, postgres] = await Promise.all([
    eachInTurn(sizes, (keys) => sqliteStore(options, keys)),
    eachInTurn(sizes, (keys) => postgresStore(options, keys)),
  ]);
  const stores = { SQLite: sqlite, PostgreSQL: postgres };
  let seed = 0;
  const claim = async ({ child, targets, prepare }: Store): Promise<Costs> => {
    await prepare();
    const sameDevices = { targets, devices: devicesPerRound, seed: ++seed };
    const run = (round: ClaimRound) => child.call<number>("claim", round);
    await run({ ...sameDevices, claims: claimsPerRound / 4 });
    const gathered = await run({ ...sameDevices, claims: claimsPerRound });
    return { gathered, scattered: await run({ targets, claims: claimsPerRound, seed: ++seed }) };
  };
  try {
    const contenders = Object.fromEntries(
      engines.flatMap((engine) => stores[engine].map((store) => [`${engine} ${store.keys}`, () => claim(store)])),
    );
    const costs = (await inRounds(options.machineLoad, rounds, contenders)) as Record<string, Costs[]>;
    return engines.flatMap((engine) => figuresOf(engine, sizes, (keys) => costs[`${engine} ${keys}`] ?? []));
  } finally {
    await Promise.all([...sqlite, ...postgres].map(({ child }) => child.stop()));
    const cluster = await durableCluster();
    for (const keys of sizes) await cluster.dropDatabase(`growth_${keys}`);
  }
}

function figuresOf(engine: string, sizes: readonly number[], costsOf: (keys: number) => readonly Costs[]): Figure[] {
  const floorName = "with 10,000";
  const of = (which: keyof Costs, keys: number) => costsOf(keys).map((costs) => costs[which]);
  const figures = (which: keyof Costs, title: string) =>
    sizes.map((keys): Figure => {
      const name = `${title}, ${keys.toLocaleString("en")} keys`;
      return { name, unit: "µs", ours: of(which, keys), floor: of(which, sizes[0] as number), floorName };
    });
  const medians = sizes.map((keys) => median(of("gathered", keys)));
  return [
    ...figures("gathered", engine),
    {
      ...{ name: `${engine}, dearest size by cheapest`, unit: "", ours: [Math.max(...medians) / Math.min(...medians)] },
      target: { of: "ours", is: "below", value: 1.2 },
    },
    ...figures("scattered", `${engine} scattered`),
  ];
}

function targetsOf(keys: number): Targets {
  return { devices: keys / keysPerDevice, keys: keysPerDevice };
}

async function sqliteStore({ workspace }: RunOptions, keys: number): Promise<Store> {
  const folder = workspace.newFolder(`growth-${keys}`);
  const place = { engine: "sqlite", path: join(folder, "claviger.db") } as const;
  const child = new Child(new URL("../processes/growth.ts", import.meta.url));
  const targets = targetsOf(keys);
  await child.call("open", { place, dataDir: folder });
  await child.call("close");
  await child.call("fillSqlite", { path: place.path, targets });
  const prepare = async () => {
    await child.call("close");
    await child.call("open", { place, dataDir: folder });
  };
  return { keys, targets, child, prepare };
}

async function postgresStore({ workspace }: RunOptions, keys: number): Promise<Store> {
  const cluster = await durableCluster();
  const targets = targetsOf(keys);
  const { config, url } = await createPopulated(cluster, `growth_${keys}`, { people: 1, targets });
  const child = new Child(new URL("../processes/growth.ts", import.meta.url));
  const place = { ...config, poolSize: 20, listenUrl: undefined, preparedStatements: "auto" };
  const tidy = async (statements: readonly string[]) => {
    const client = await connectTo(url);
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await tidy(["VACUUM ANALYZE", "CHECKPOINT"]);
  await child.call("open", { place, dataDir: workspace.newFolder(`growth-${keys}`) });
  return { keys, targets, child, prepare: () => tidy(["VACUUM one_time_keys", "CHECKPOINT"]) };
}

async function eachInTurn<From, To>(values: readonly From[], make: (value: From) => Promise<To>): Promise<To[]> {
  const made: To[] = [];
  for (const value of values) made.push(await make(value));
  return made;
}
