import { type BareReader, bareReadsOf } from "../bare-reads.ts";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { Child } from "../child/child.ts";
import { type Engine, engines, onBothEngines, type RoomsServers } from "../engines.ts";
import { answerOf, startBareHttp } from "../floors.ts";
import { readers, usualRooms } from "../population/rooms.ts";
import type { ReadOptions, ReadResult } from "../processes/reader.ts";
import { inRounds } from "../rounds.ts";
import { percentile } from "../statistics.ts";

/** What nearly all clients ask for. */
const lazyFilter = encodeURIComponent(JSON.stringify({ room: { state: { lazy_load_members: true } } }));

const kinds = { "all members": "", lazily: `?filter=${lazyFilter}` } as const;
type Kind = keyof typeof kinds;

export const initialSync: Benchmark = {
  name: "initial-sync",
  about: `The first \`GET /sync\` of a user who is in ${usualRooms.length} encrypted rooms, of 20 members and 30 messages each:
the syncs of ${readers.length} such users, one after another. Once without a filter, so that the whole state of each room is told; once with
\`lazy_load_members\`, as nearly all clients ask. The floors: a bare \`node:http\` server that sends the same bytes; and, on SQLite, a bare
better-sqlite3 loop that runs the statements of one such sync, traced in this run. "Held" is the longest time for which the server's event
loop did nothing else (pauses of the garbage collector count too): the longest of a round.`,
  run: measure,
};

type Synced = ReadResult & { readonly held: number };

interface Results {
  readonly ours: { readonly [Name in Engine]: readonly Synced[] };
  readonly http: readonly ReadResult[];
  readonly sqlite: readonly number[][];
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const client = new Child(new URL("../processes/reader.ts", import.meta.url));
  const figures: Figure[] = [];
  try {
    await onBothEngines(options, async (servers) => {
      for (const kind of ["all members", "lazily"] as const) {
        figures.push(...figuresOf(kind, await measureKind(options, kind, client, servers)));
      }
    });
  } finally {
    await client.stop();
  }
  return figures;
}

async function measureKind(options: RunOptions, kind: Kind, client: Child, servers: RoomsServers): Promise<Results> {
  const [rounds, times] = options.quick ? [1, 5] : [3, 15];
  const path = `/_matrix/client/v3/sync${kinds[kind]}`;
  const accessTokens = readers.map(({ accessToken }) => accessToken);
  const request = { method: "GET", path, accessToken: accessTokens[0] as string, body: "" } as const;
  const bareHttp = await startBareHttp(await answerOf(servers.SQLite.url, request));
  const bareReads: BareReader = await bareReadsOf(options, request);
  const read = (url: string) =>
    client.call<ReadResult>("read", { url, path, accessTokens, times } satisfies ReadOptions);
  const sync = async (engine: Engine): Promise<Synced> => {
    const { url, longestHold } = servers[engine];
    await longestHold();
    return { ...(await read(url)), held: await longestHold() };
  };
  try {
    for (const engine of engines) await sync(engine);
    const { http, sqlite, ...ours } = await inRounds(options.machineLoad, rounds, {
      SQLite: () => sync("SQLite"),
      PostgreSQL: () => sync("PostgreSQL"),
      http: () => read(bareHttp.url),
      sqlite: () => bareReads.run(times),
    });
    return { ours, http, sqlite };
  } finally {
    await Promise.all([bareHttp.stop(), bareReads.stop()]);
  }
}

function figuresOf(kind: Kind, { ours, http, sqlite }: Results): Figure[] {
  const title = `${kind}, ${((ours.SQLite[0]?.bytes ?? 0) / 1e6).toFixed(1)} MB`;
  const timed = (engine: Engine, share: number) => ({
    ...{ name: `${title}, p${share * 100}, ${engine}`, unit: "ms" },
    ours: ours[engine].map(({ times }) => percentile(times, share)),
  });
  return [
    ...engines.flatMap((engine): Figure[] => [
      ...[0.5, 0.99].map((share) => ({
        ...timed(engine, share),
        ...{ floor: http.map(({ times }) => percentile(times, share)), floorName: "bare node:http" },
      })),
      { name: `${title}, held, ${engine}`, unit: "ms", ours: ours[engine].map(({ held }) => held) },
    ]),
    {
      ...timed("SQLite", 0.5),
      ...{ floor: sqlite.map((times) => percentile(times, 0.5)), floorName: "bare better-sqlite3" },
    },
  ];
}
