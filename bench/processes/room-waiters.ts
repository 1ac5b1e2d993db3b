// The clients of one room: many sockets, each with a sync that waits, and one that sends a message.
import { answerCalls } from "../child/answer-calls.ts";
import { PollSocket } from "../load/poll-socket.ts";
import { median } from "../statistics.ts";

export interface WaitersTarget {
  readonly host: string;
  readonly port: number;
  readonly tokens: readonly string[];
  /** What the syncs ask for beside `since`, as `filter=…`. */
  readonly query: string;
}

export interface Sending {
  readonly path: string;
  readonly accessToken: string;
  readonly body: string;
  /** What every answer must have. */
  readonly mark: string;
}

/** Ms from the sending of a message until the answers of the waiting syncs were there. */
export interface Spread {
  readonly first: number;
  readonly median: number;
  readonly last: number;
  /** Of the last answer. */
  readonly bytes: number;
}

/** Ms for which a sync may wait: longer than a round, as a rule. */
const pollTimeout = 120_000;
/** Initial syncs that are under way at once. */
const width = 8;

let target: WaitersTarget = { host: "", port: 0, tokens: [], query: "" };
const waiters: { readonly socket: PollSocket; readonly token: string; answer: Promise<string> }[] = [];
/** Whether a message is under way: what is answered before is a timeout. */
let isSent = false;

/** The answer that has something to tell. */
async function news(socket: PollSocket, token: string, since: string): Promise<string> {
  for (let next = since; ; ) {
    const text = await sync(socket, token, next);
    if (isSent) return text;
    next = nextBatchOf(text);
  }
}

function sync(socket: PollSocket, token: string, since: string): Promise<string> {
  const rest = since === "" ? "" : `&since=${since}&timeout=${pollTimeout}`;
  return socket.request("GET", `/_matrix/client/v3/sync?${target.query}${rest}`, token, "");
}

answerCalls({
  /** An initial sync for everybody; afterwards everybody waits for the first message. */
  async open(parameters: WaitersTarget): Promise<void> {
    target = parameters;
    const { tokens } = parameters;
    let next = 0;
    const lane = async () => {
      while (next < tokens.length) {
        const token = tokens[next++] as string;
        const socket = await PollSocket.connect(target, "127.0.0.1");
        const since = nextBatchOf(await sync(socket, token, ""));
        waiters.push({ socket, token, answer: news(socket, token, since) });
      }
    };
    await Promise.all(Array.from({ length: width }, lane));
  },

  /** Sends a message that all wait for; gives when they had it. They wait again afterwards. */
  async send({ path, accessToken, body, mark }: Sending): Promise<Spread> {
    // A connection of its own: one that has had nothing to do for long may have been closed.
    const sender = await PollSocket.connect(target, "127.0.0.1");
    isSent = true;
    const start = performance.now();
    const arrivals = waiters.map(async (waiter) => {
      const text = await waiter.answer;
      return { waiter, text, at: performance.now() - start };
    });
    const sent = sender.request("PUT", path, accessToken, body);
    const answers = await Promise.all(arrivals);
    await sent;
    sender.close();
    isSent = false;
    for (const { waiter, text } of answers) {
      if (!text.includes(mark)) throw new Error(`A sync was answered without the message: ${text.slice(0, 500)}`);
      waiter.answer = news(waiter.socket, waiter.token, nextBatchOf(text));
    }
    const times = answers.map(({ at }) => at);
    const bytes = answers.at(-1)?.text.length ?? 0;
    return { first: Math.min(...times), median: median(times), last: Math.max(...times), bytes };
  },
});

function nextBatchOf(text: string): string {
  return (JSON.parse(text) as { next_batch: string }).next_batch;
}
