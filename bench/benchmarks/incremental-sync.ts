import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { Child } from "../child/child.ts";
import { type Engine, engines, onBothEngines } from "../engines.ts";
import { startBareHttp } from "../floors.ts";
import type { Device } from "../population/identities.ts";
import { memberOf, type PlannedRoom, readers, usualRooms } from "../population/rooms.ts";
import type { FollowOptions, ReadOptions, ReadResult } from "../processes/reader.ts";
import { inRounds } from "../rounds.ts";
import { percentile } from "../statistics.ts";

const query = `filter=${encodeURIComponent(JSON.stringify({ room: { state: { lazy_load_members: true } } }))}`;

export const incrementalSync: Benchmark = {
  name: "incremental-sync",
  about: `A user is in ${usualRooms.length} encrypted rooms. Somebody sends a message to one of them, each time to another; the user's
\`GET /sync\` with \`since\` and \`lazy_load_members\` comes right after it, and is answered at once with this message. What is measured is the sync, by one client. The floor: a
bare \`node:http\` server that sends an answer of that kind.`,
  run: measure,
};

async function measure(options: RunOptions): Promise<Figure[]> {
  const [rounds, count] = options.quick ? [1, 100] : [5, 200];
  const client = new Child(new URL("../processes/reader.ts", import.meta.url));
  const reader = readers[0] as Device;
  const messages = Array.from({ length: count }, (_, number) => {
    const room = usualRooms[(number * 7) % usualRooms.length] as PlannedRoom;
    return { roomId: room.roomId, sender: memberOf(room, number % 5) };
  });
  try {
    return await onBothEngines(options, async (servers) => {
      const follow = async (engine: Engine): Promise<ReadResult> => {
        const parameters: FollowOptions = { url: servers[engine].url, query, reader, messages };
        return client.call<ReadResult>("follow", parameters);
      };
      await follow("PostgreSQL");
      const { bytes } = await follow("SQLite");
      const headers = { "content-type": "application/json; charset=utf-8", "content-length": String(bytes) };
      const bareHttp = await startBareHttp({ headers, body: Buffer.alloc(bytes, "x") });
      const readBare = () => {
        const path = `/_matrix/client/v3/sync?${query}&since=1`;
        const parameters: ReadOptions = { url: bareHttp.url, path, accessTokens: [reader.accessToken], times: count };
        return client.call<ReadResult>("read", parameters);
      };
      try {
        await readBare();
        const { http, ...ours } = await inRounds(options.machineLoad, rounds, {
          SQLite: () => follow("SQLite"),
          PostgreSQL: () => follow("PostgreSQL"),
          http: readBare,
        });
        return engines.flatMap((engine) => figuresOf(engine, ours[engine], http));
      } finally {
        await bareHttp.stop();
      }
    });
  } finally {
    await client.stop();
  }
}

function figuresOf(engine: Engine, ours: readonly ReadResult[], http: readonly ReadResult[]): Figure[] {
  const size = `${((ours[0]?.bytes ?? 0) / 1e3).toFixed(1)} KB`;
  return [0.5, 0.99].map((share) => ({
    ...{ name: `one message (${size}), p${share * 100}, ${engine}`, unit: "ms", floorName: "bare node:http" },
    ours: ours.map(({ times }) => percentile(times, share)),
    floor: http.map(({ times }) => percentile(times, share)),
  }));
}
