// Clients of several servers: a sync that waits at one of them, and a message for it that is sent to another.
import { setTimeout as sleep } from "node:timers/promises";
import { answerCalls } from "../child/answer-calls.ts";
import { PollSocket } from "../load/poll-socket.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface WakerParameters {
  /** Where the syncs wait. */
  readonly waitingAt: Place;
  /** Where the messages are sent, in turn. */
  readonly sentTo: readonly Place[];
  readonly messages: number;
  readonly sender: string;
  readonly receiver: { readonly userId: string; readonly deviceId: string; readonly accessToken: string };
}

/** Ms for which a sync may wait: longer than anything here. */
const pollTimeout = 60_000;
/** Ms between two messages: the next sync waits by then. */
const pause = 10;

let sent = 0;

answerCalls({
  /** For each of `sentTo` the times in ms from the sending of a message to the whole answer of the sync that it is for. */
  async wake({ waitingAt, sentTo, messages, sender, receiver }: WakerParameters): Promise<number[][]> {
    const waiting = await PollSocket.connect(waitingAt, "127.0.0.1");
    const senders = await Promise.all(sentTo.map((place) => PollSocket.connect(place, "127.0.0.1")));
    const sync = async (query: string) => {
      const body = await waiting.request("GET", `/_matrix/client/v3/sync${query}`, receiver.accessToken, "");
      return JSON.parse(body) as { next_batch: string; to_device?: { events?: unknown[] } };
    };
    const times: number[][] = sentTo.map(() => []);
    let since = (await sync("")).next_batch;
    for (let count = 0; count < messages; count++) {
      const place = count % sentTo.length;
      const answer = sync(`?since=${since}&timeout=${pollTimeout}`);
      await sleep(pause);
      const text = `message ${++sent}`;
      const body = JSON.stringify({ messages: { [receiver.userId]: { [receiver.deviceId]: { text } } } });
      const start = performance.now();
      const path = `/_matrix/client/v3/sendToDevice/m.bench/${process.pid}-${sent}`;
      const taken = (senders[place] as PollSocket).request("PUT", path, sender, body);
      const { next_batch, to_device } = await answer;
      times[place]?.push(performance.now() - start);
      if (!JSON.stringify(to_device?.events ?? []).includes(`"${text}"`))
        throw new Error(`The sync does not have ${text}`);
      since = next_batch;
      await taken;
    }
    for (const socket of [waiting, ...senders]) socket.close();
    return times;
  },
});
