import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { BrokenBenchmarkError } from "../broken-benchmark-error.ts";
import { Child } from "../child/child.ts";
import { engines, onBothEngines, type RoomsServer } from "../engines.ts";
import { memberOf, pagedRoom } from "../population/rooms.ts";
import type { PagesOptions, ReadResult } from "../processes/reader.ts";
import { inRounds } from "../rounds.ts";
import { median } from "../statistics.ts";

const limit = 100;
/** Pages at each end whose times are compared. */
const compared = 50;

export const roomPages: Benchmark = {
  name: "room-pages",
  about: `\`GET /rooms/{roomId}/messages\`, backward, ${limit} events a page, through all of a room of
${pagedRoom.messages.toLocaleString("en")} messages, by one client. What is held against each other are the last ${compared} pages, which are the room's oldest, and the
first ${compared}: a page costs the same wherever it is if the ratio is near 1. Times are medians of a walk's pages.`,
  run: measure,
};

async function measure(options: RunOptions): Promise<Figure[]> {
  const rounds = options.quick ? 1 : 3;
  const client = new Child(new URL("../processes/reader.ts", import.meta.url));
  const walk = async ({ url }: RoomsServer): Promise<ReadResult> => {
    const { accessToken } = memberOf(pagedRoom, 1);
    const parameters: PagesOptions = { url, roomId: pagedRoom.roomId, accessToken, limit };
    const result = await client.call<ReadResult>("pages", parameters);
    const pages = result.times.length;
    if (pages < pagedRoom.messages / limit) throw new BrokenBenchmarkError(`The room has only ${pages} pages`);
    return result;
  };
  try {
    return await onBothEngines(options, async (servers) => {
      for (const engine of engines) await walk(servers[engine]);
      const walks = await inRounds(options.machineLoad, rounds, {
        SQLite: () => walk(servers.SQLite),
        PostgreSQL: () => walk(servers.PostgreSQL),
      });
      return engines.map((engine): Figure => {
        const last = walks[engine].map(({ times }) => median(times.slice(-compared)));
        const first = walks[engine].map(({ times }) => median(times.slice(0, compared)));
        return {
          ...{ name: `one of the last pages, ${engine}`, unit: "ms", ours: last, floor: first },
          ...{ floorName: "one of the first", target: { of: "ratio", is: "below", value: 1.5 } },
        };
      });
    });
  } finally {
    await client.stop();
  }
}
