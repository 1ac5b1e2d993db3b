import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { type Engine, engines, onBothEngines, type RoomsServers } from "../engines.ts";
import { openBareSqlite, startBareHttp } from "../floors.ts";
import { type LoadResult, runLoad } from "../load/load.ts";
import { runPgbench } from "../load/pgbench.ts";
import { type LoadRequest, uniquePart, writeRequests } from "../load/requests-file.ts";
import { encryptedContent } from "../population/encrypted-content.ts";
import type { Device } from "../population/identities.ts";
import { type PlannedRoom, senders, sendingRooms } from "../population/rooms.ts";
import { writeRooms } from "../population/write-rooms.ts";
import { countCommits } from "../postgres/read-metrics.ts";
import { inRounds } from "../rounds.ts";
import { traceSend } from "../trace-send.ts";

const clients = senders.length;
const roomCounts = [1, sendingRooms.length] as const;

export const send: Benchmark = {
  name: "send",
  about: `\`PUT /rooms/{roomId}/send/m.room.encrypted\` of messages of ${encryptedContent(0, "").ciphertext.length} bytes of ciphertext, durable, over ${clients} connections that send without a pause as
${clients} users: all to one room, and each to a room of its own. Nobody waits in a sync. The floors: a bare \`node:http\` server that reads the same bodies and sends the same
bytes; a bare better-sqlite3 loop that runs the statements of one real message, traced in this run, in groups as large as the server's were in that round; and on
PostgreSQL what one client of \`pgbench\` gets through with \`UPDATE stream SET position = position + 1\`, times the messages that the server has put
into one commit (positions come from that row: one group at a time is committed). None of the floors hashes, signs or judges an event. "Held": the longest time for which the event loop did nothing else.`,
  run: measure,
};

type Sent = LoadResult & { readonly groupSize: number; readonly held: number };

async function measure(options: RunOptions): Promise<Figure[]> {
  const [rounds, seconds] = options.quick ? [2, 1] : [3, 2];
  const { folder, path } = await options.workspace.database("rooms", writeRooms);
  const traced = await traceSend(options, senders[0] as Device, (transactionId) => requestOf(0, 0, transactionId));
  const bareHttp = await startBareHttp(traced.answer);
  const bareSqlite = await openBareSqlite({ path, template: traced.template });
  const files = roomCounts.map((count) => writeSends(folder, count));
  let next = 0;
  let inserted = 0;
  const runBareSqlite = async (groupSize: number) => {
    const atMost = seconds * 5_000;
    const subjects = Array.from({ length: atMost }, (_, number) => traced.subjectAt(inserted + number));
    inserted += atMost;
    return (await bareSqlite.run({ subjects, start: 0, atMost, groupSize, seconds: seconds / 2 })).rate;
  };
  const loadOf = async (url: string, requestsFile: string) => {
    const result = await runLoad({ urls: [url], requestsFile, start: next, connections: clients, seconds });
    next = result.next;
    return result;
  };
  const measureServers = async (servers: RoomsServers): Promise<Figure[]> => {
    const groupSizes = new Map<string, number>();
    const sendTo = async (engine: Engine, place: number): Promise<Sent> => {
      const { url, longestHold } = servers[engine];
      const before = await countCommits([url]);
      await longestHold();
      const result = await loadOf(url, files[place] as string);
      const groupSize = result.requests / ((await countCommits([url])) - before);
      groupSizes.set(`${engine} ${place}`, groupSize);
      return { ...result, groupSize, held: await longestHold() };
    };
    for (const engine of engines) for (const place of files.keys()) await sendTo(engine, place);
    const results = await inRounds(options.machineLoad, rounds, {
      SQLite: () => oneAfterAnother((place) => sendTo("SQLite", place)),
      PostgreSQL: () => oneAfterAnother((place) => sendTo("PostgreSQL", place)),
      http: () => loadOf(bareHttp.url, files[0] as string),
      sqlite: () => oneAfterAnother((place) => runBareSqlite(groupSizes.get(`SQLite ${place}`) ?? 1)),
      pgbench: () => runPgbench({ url: servers.PostgreSQL.place, script: commitScript, clients: 1, seconds }),
    });
    const http = results.http.map(({ rate }) => rate);
    return roomCounts.flatMap((count, place) => {
      const [sqlite, postgres] = engines.map((engine) => results[engine].map((sent) => sent[place] as Sent));
      const bareCommits = results.sqlite.map((rates) => rates[place] as number);
      const bound = results.pgbench.map(({ rate }, round) => rate * (postgres?.[round]?.groupSize ?? Number.NaN));
      return [
        ...figuresOf(count, "SQLite", sqlite, http, { rates: bareCommits, name: "bare better-sqlite3" }),
        ...figuresOf(count, "PostgreSQL", postgres, http, { rates: bound, name: "the bound at this group size" }),
      ];
    });
  };
  try {
    return await onBothEngines(options, measureServers);
  } finally {
    await Promise.all([bareHttp.stop(), bareSqlite.stop()]);
  }
}

const commitScript = "UPDATE stream SET position = position + 1 WHERE id = 1";

function requestOf(room: number, sender: number, transactionId: string): LoadRequest {
  const { roomId } = sendingRooms[room] as PlannedRoom;
  const { accessToken, deviceId } = senders[sender] as Device;
  const path = `/_matrix/client/v3/rooms/${roomId}/send/m.room.encrypted/${transactionId}`;
  return { method: "PUT", path, accessToken, body: JSON.stringify(encryptedContent(1, deviceId)) };
}

function writeSends(folder: string, rooms: number): string {
  const file = join(folder, `sends-to-${rooms}`);
  writeRequests(
    file,
    senders.map((_, sender) => requestOf(sender % rooms, sender, uniquePart)),
  );
  return file;
}

/** For each number of rooms. */
async function oneAfterAnother<Result>(work: (place: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const place of roomCounts.keys()) results.push(await work(place));
  return results;
}

function figuresOf(
  rooms: number,
  engine: Engine,
  ours: readonly Sent[] = [],
  http: readonly number[],
  database: { readonly rates: readonly number[]; readonly name: string },
): Figure[] {
  const title = `${rooms === 1 ? "one room" : `${rooms} rooms`}, ${engine}`;
  const rates = ours.map(({ requests, seconds }) => requests / seconds);
  return [
    { name: `messages per second, ${title}`, unit: "/s", ours: rates, floor: http, floorName: "bare node:http" },
    {
      ...{ name: `messages per second, ${title}`, unit: "/s", ours: rates },
      ...{ floor: database.rates, floorName: database.name },
    },
    { name: `latency p50, ${title}`, unit: "ms", ours: ours.map(({ p50 }) => p50) },
    { name: `latency p99, ${title}`, unit: "ms", ours: ours.map(({ p99 }) => p99) },
    { name: `messages per commit, ${title}`, unit: "", ours: ours.map(({ groupSize }) => groupSize) },
    { name: `held, ${title}`, unit: "ms", ours: ours.map(({ held }) => held) },
  ];
}
