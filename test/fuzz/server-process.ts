// A server in a process of its own, which tells how long its event loop was held: see `measured-server.ts`.
import { setImmediate as nextTurn } from "node:timers/promises";
import { createServer, type NameResolver } from "../../src/app.ts";
import type { Asked, Told } from "./measured-server.ts";

/** Watches the turns of the event loop, in CPU time of this thread: what other processes do to the clock is not in it. */
class TurnMeter {
  #longest = 0;
  #last = 0;
  #next: NodeJS.Immediate | undefined;

  start(): void {
    this.#longest = 0;
    this.#last = cpuMilliseconds();
    this.#next = setImmediate(this.#turn);
  }

  /** Ms of CPU time that the longest turn since `start` took. */
  stop(): number {
    clearImmediate(this.#next);
    // The turn that answered the request has not been seen yet.
    this.#endTurn();
    return this.#longest;
  }

  readonly #turn = () => {
    this.#endTurn();
    this.#next = setImmediate(this.#turn);
  };

  #endTurn(): void {
    const now = cpuMilliseconds();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  }
}

function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** What a slow machine needs longer for, too: reading a megabyte of JSON a few times. */
function yardstick(): number {
  const text = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => ({ [`member ${n}`]: `value ${n}` })));
  const begun = cpuMilliseconds();
  for (let round = 0; round < 10; round++) JSON.parse(text);
  return cpuMilliseconds() - begun;
}

/** Names of servers that requests make up are nobody's; as with a real one, that is known a turn later. */
const emptyDns: NameResolver = {
  addresses: async (host) => {
    await nextTurn();
    throw new Error(`there is no ${host}`);
  },
  services: async () => {
    await nextTurn();
    return [];
  },
};

const tell = (told: Told) => void process.send?.(told);
const meter = new TurnMeter();
const config = JSON.parse(process.argv[2] ?? "{}") as object;
const server = await createServer({ config, resolve: emptyDns });
await server.listen();
process.on("disconnect", () => process.exit(1));
process.on("message", (asked: Asked) => {
  if (asked === "start") {
    meter.start();
    tell({ started: true });
  } else if (asked === "stop") {
    tell({ longestTurn: meter.stop() });
  } else {
    void server.close().then(() => process.exit(0));
  }
});
yardstick();
tell({ url: server.url, yardstick: yardstick() });
