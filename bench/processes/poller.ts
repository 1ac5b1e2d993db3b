// The clients of the idle long polls: thousands of sockets, each with a sync that waits.
import { setTimeout as sleep } from "node:timers/promises";
import { answerCalls } from "../child/answer-calls.ts";
import { PollSocket } from "../load/poll-socket.ts";

export interface PollerTarget {
  readonly host: string;
  readonly port: number;
}

export interface WakeParameters {
  /** The polls to wake, one after another, as indexes. */
  readonly indexes: readonly number[];
  /** How to wake each: a request that makes the server answer that poll. */
  readonly path: string;
  readonly bodies: readonly string[];
  readonly accessToken: string;
}

/** Enough source addresses that no port runs out. */
const pollsPerAddress = 5_000;
/** Longer than the benchmark takes. */
const pollTimeout = 120_000;

let target: PollerTarget = { host: "", port: 0 };
let tokens: readonly string[] = [];
let since: string[] = [];
let sockets: PollSocket[] = [];
let answered = 0;

function syncPath(index: number): string {
  const known = since[index];
  return `/_matrix/client/v3/sync${known === undefined ? "" : `?since=${known}&timeout=${pollTimeout}`}`;
}

function poll(index: number): void {
  void (sockets[index] as PollSocket).request("GET", syncPath(index), tokens[index] as string, "").then(() => {
    answered++;
  });
}

/** Each connection works through its share of the list, so that at most `width` requests are under way. */
async function spread(
  count: number,
  width: number,
  work: (index: number, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (number: number) => {
    while (next < count) await work(next++, number);
  };
  await Promise.all(Array.from({ length: width }, (_, number) => lane(number)));
}

answerCalls({
  /** An initial sync for everybody over a few connections: afterwards there is a token to wait with. */
  async prepare(parameters: PollerTarget & { tokens: readonly string[] }): Promise<void> {
    target = parameters;
    tokens = parameters.tokens;
    const width = 16;
    const lanes = await Promise.all(Array.from({ length: width }, () => PollSocket.connect(target, "127.0.0.1")));
    since = [];
    await spread(tokens.length, width, async (index, lane) => {
      const body = await (lanes[lane] as PollSocket).request("GET", syncPath(index), tokens[index] as string, "");
      since[index] = (JSON.parse(body) as { next_batch: string }).next_batch;
    });
    for (const lane of lanes) lane.close();
  },

  /** Resolves to how many polls were answered though nothing happened: none, if all is well. */
  async open(): Promise<number> {
    sockets = [];
    await spread(tokens.length, 64, async (index) => {
      const source = `127.0.0.${2 + Math.floor(index / pollsPerAddress)}`;
      sockets[index] = await PollSocket.connect(target, source);
      poll(index);
    });
    await sleep(2_000);
    return answered;
  },

  /** Times in ms from the sending of each waking request to the answer of its poll. */
  async wake({ indexes, path, bodies, accessToken }: WakeParameters): Promise<number[]> {
    const sender = await PollSocket.connect(target, "127.0.0.1");
    const times: number[] = [];
    for (const [count, index] of indexes.entries()) {
      const woken = (sockets[index] as PollSocket).nextAnswer();
      const start = performance.now();
      const sent = sender.request("PUT", `${path}/${count}`, accessToken, bodies[count] as string);
      const body = await woken;
      times.push(performance.now() - start);
      await sent;
      since[index] = (JSON.parse(body) as { next_batch: string }).next_batch;
      poll(index);
      await sleep(5);
    }
    sender.close();
    return times;
  },
});
