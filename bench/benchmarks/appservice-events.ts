import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { Child } from "../child/child.ts";
import { type Engine, engines, startWithRooms } from "../engines.ts";
import { serverName } from "../population/identities.ts";
import { senders, sendingRooms } from "../population/rooms.ts";
import type { Heard, Joining, Talk } from "../processes/bridge.ts";
import { inRounds } from "../rounds.ts";
import { percentile } from "../statistics.ts";

const rate = 1_000;
const rooms = sendingRooms.slice(0, 8);
const accessToken = "bench-appservice-token-of-the-bridge";

export const appserviceEvents: Benchmark = {
  name: "appservice-events",
  about: `An appservice, a process of its own that answers every transaction with 200, has a user in ${rooms.length} rooms, to which ${senders.length} clients send encrypted
messages, durable. First ${rate.toLocaleString("en")} messages are due each second, sent by these clients over a connection each: how many of them the appservice hears of a second, and the time from the answer to
the sender to the arrival in a transaction. Then it refuses everything while messages are sent, and shows that it is there again: how many a
second it then hears of, from the first to the last. "Held" is the longest time for which the server's event loop did nothing else in the first part.`,
  run: measure,
};

interface Round {
  readonly steady: Heard;
  readonly held: number;
  readonly backlog: Heard;
}

interface Bridged {
  round(): Promise<Round>;
  stop(): Promise<void>;
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const rounds = options.quick ? 1 : 3;
  const bridged: Bridged[] = [];
  try {
    for (const engine of engines) bridged.push(await startBridged(options, engine));
    const [sqlite, postgres] = bridged as [Bridged, Bridged];
    await sqlite.round();
    await postgres.round();
    const results = await inRounds(options.machineLoad, rounds, { SQLite: sqlite.round, PostgreSQL: postgres.round });
    return engines.flatMap((engine) => figuresOf(engine, results[engine]));
  } finally {
    await Promise.all(bridged.map(({ stop }) => stop()));
  }
}

/** A server and the appservice that it feeds. */
async function startBridged(options: RunOptions, engine: Engine): Promise<Bridged> {
  const bridge = new Child(new URL("../processes/bridge.ts", import.meta.url));
  try {
    const registration = join(options.workspace.newFolder("registration"), "bridge.yaml");
    writeFileSync(registration, registrationOf(await bridge.call<string>("start")));
    const server = await startWithRooms(options, engine, { config: { appservices: [registration] } });
    const stop = async () => void (await Promise.all([server.stop(), bridge.stop()]));
    const roomIds = rooms.map(({ roomId }) => roomId);
    const { url, longestHold } = server;
    await bridge.call("join", { url, accessToken, roomIds } satisfies Joining);
    const messages = options.quick ? 1_000 : 3_000;
    const talk = (how: Pick<Talk, "rate" | "aliveWith">) =>
      bridge.call<Heard>("talk", { ...how, url, roomIds, senders, messages } satisfies Talk);
    const round = async (): Promise<Round> => {
      await longestHold();
      const steady = await talk({ rate, aliveWith: undefined });
      const held = await longestHold();
      return { steady, held, backlog: await talk({ rate: Number.POSITIVE_INFINITY, aliveWith: accessToken }) };
    };
    return { round, stop };
  } catch (error) {
    await bridge.stop();
    throw error;
  }
}

/** JSON is YAML. */
function registrationOf(url: string): string {
  return JSON.stringify({
    ...{ id: "bench", url, as_token: accessToken, hs_token: "bench-homeserver-token", sender_localpart: "bridge" },
    namespaces: { users: [{ exclusive: true, regex: `@bridged_.*:${serverName}` }], aliases: [], rooms: [] },
  });
}

function figuresOf(engine: Engine, rounds: readonly Round[]): Figure[] {
  const delay = (share: number): Figure => {
    const ours = rounds.map(({ steady }) => percentile(steady.delays, share));
    return { name: `delay p${share * 100}, ${engine}`, unit: "ms", ours };
  };
  return [
    {
      ...{ name: `events per second, ${engine}`, unit: "/s", floorName: "sent" },
      ...{ ours: rounds.map(({ steady }) => steady.heard), floor: rounds.map(({ steady }) => steady.sent) },
      target: { of: "ratio", is: "at least", value: 0.95 },
    },
    delay(0.5),
    delay(0.99),
    { name: `held, ${engine}`, unit: "ms", ours: rounds.map(({ held }) => held) },
    {
      ...{ name: `events per second of a backlog, ${engine}`, unit: "/s" },
      ours: rounds.map(({ backlog }) => backlog.heard),
      target: { of: "ours", is: "at least", value: 1_000 },
    },
  ];
}
