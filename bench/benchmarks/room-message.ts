import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { Child } from "../child/child.ts";
import { engines, onBothEngines, type RoomsServer } from "../engines.ts";
import { encryptedContent } from "../population/encrypted-content.ts";
import { bigRoom, memberOf } from "../population/rooms.ts";
import type { Sending, Spread, WaitersTarget } from "../processes/room-waiters.ts";
import { inRounds } from "../rounds.ts";

const waiters = 1_000;
const openFiles = 8_192;
/** The person who sends is none of those who wait. */
const sender = memberOf(bigRoom, waiters);
const filter = { room: { state: { lazy_load_members: true }, timeline: { limit: 10 } } };
const query = `filter=${encodeURIComponent(JSON.stringify(filter))}`;

export const roomMessage: Benchmark = {
  name: "room-message",
  about: `A room has ${bigRoom.members.length.toLocaleString("en")} members, and ${waiters.toLocaleString("en")} of them wait in \`GET /sync\`. One message is sent: time from the sending of
\`PUT /rooms/{roomId}/send\` until the first, the median and the last of these syncs has its answer; every answer must hold the message. All wait again
before the next one is sent. "Held" is the longest time for which the server's event loop did nothing else meanwhile. The floor: a bare \`node:http\` server
that holds as many responses, and answers all of them with as many bytes when a request comes.`,
  run: measure,
};

/** Whoever has people waiting. */
interface Holder {
  readonly url: string;
  countWaiting(): Promise<number>;
  longestHold(): Promise<number>;
}

type Told = Spread & { readonly held: number };

async function measure(options: RunOptions): Promise<Figure[]> {
  const [rounds, together] = options.quick ? [2, 1] : [5, 3];
  const bare = new Child(new URL("../processes/bare-room-server.ts", import.meta.url), { openFiles });
  const crowds: Crowd[] = [];
  const gather = async (holder: Holder) => {
    const crowd = new Crowd(holder);
    crowds.push(crowd);
    await crowd.open();
    return crowd;
  };
  try {
    return await onBothEngines(
      options,
      async (servers) => {
        const [sqlite, postgres] = [await gather(holderOf(servers.SQLite)), await gather(holderOf(servers.PostgreSQL))];
        await postgres.tell(1);
        const [{ bytes = 0 } = {}] = await sqlite.tell(1);
        const url = await bare.call<string>("start", "x".repeat(Math.max(0, bytes - bodyOf(0).length)));
        const countWaiting = () => bare.call<number>("waiting");
        const floor = await gather({ url, countWaiting, longestHold: async () => 0 });
        await floor.tell(2);
        const told = await inRounds(options.machineLoad, rounds, {
          SQLite: () => sqlite.tell(together),
          PostgreSQL: () => postgres.tell(together),
          floor: () => floor.tell(together),
        });
        return engines.flatMap((engine) => figuresOf(engine, told[engine].flat(), told.floor.flat()));
      },
      { openFiles },
    );
  } finally {
    await Promise.all([...crowds.map((crowd) => crowd.close()), bare.stop()]);
  }
}

function holderOf({ url, longestHold }: RoomsServer): Holder {
  const countWaiting = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^claviger_waiting_syncs (\d+)$/m.exec(text)?.[1]);
  };
  return { url, countWaiting, longestHold };
}

function bodyOf(number: number): string {
  return JSON.stringify({ ...encryptedContent(number, sender.deviceId), number });
}

/** Those who wait at one server. */
class Crowd {
  readonly #holder: Holder;
  readonly #child = new Child(new URL("../processes/room-waiters.ts", import.meta.url), { openFiles });
  #sent = 0;

  constructor(holder: Holder) {
    this.#holder = holder;
  }

  async open(): Promise<void> {
    const { hostname: host, port } = new URL(this.#holder.url);
    const tokens = Array.from({ length: waiters }, (_, number) => memberOf(bigRoom, number).accessToken);
    await this.#child.call("open", { host, port: Number(port), tokens, query } satisfies WaitersTarget);
  }

  async tell(messages: number): Promise<Told[]> {
    const told: Told[] = [];
    for (let message = 0; message < messages; message++) {
      while ((await this.#holder.countWaiting()) < waiters) await sleep(20);
      // Those that were counted may still be reading.
      await sleep(100);
      await this.#holder.longestHold();
      const number = ++this.#sent;
      const sending: Sending = {
        path: `/_matrix/client/v3/rooms/${bigRoom.roomId}/send/m.room.encrypted/${number}`,
        ...{ accessToken: sender.accessToken, body: bodyOf(number), mark: `"number":${number}}` },
      };
      const spread = await this.#child.call<Spread>("send", sending);
      told.push({ ...spread, held: await this.#holder.longestHold() });
    }
    return told;
  }

  close(): Promise<void> {
    return this.#child.stop();
  }
}

function figuresOf(engine: string, ours: readonly Told[], floor: readonly Told[]): Figure[] {
  const times = (["first", "median", "last"] as const).map((which): Figure => {
    const name = which === "median" ? "the median answer" : `the ${which} answer`;
    return {
      ...{ name: `${name}, ${engine}`, unit: "ms", floorName: "bare node:http" },
      ...{ ours: ours.map((told) => told[which]), floor: floor.map((told) => told[which]) },
    };
  });
  return [...times, { name: `held, ${engine}`, unit: "ms", ours: ours.map(({ held }) => held) }];
}
