// An appservice that takes transactions, and the clients whose messages it hears of.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerCalls } from "../child/answer-calls.ts";
import { KeepAliveClient } from "../load/keep-alive-client.ts";
import { encryptedContent } from "../population/encrypted-content.ts";
import type { Device } from "../population/identities.ts";

export interface Joining {
  readonly url: string;
  readonly accessToken: string;
  readonly roomIds: readonly string[];
}

export interface Talk {
  readonly url: string;
  readonly roomIds: readonly string[];
  /** One connection for each. */
  readonly senders: readonly Device[];
  readonly messages: number;
  /** Messages that are due in a second. */
  readonly rate: number;
  /** With this token the appservice shows that it is there, after all that it has refused while the messages were sent. */
  readonly aliveWith: string | undefined;
}

export interface Heard {
  /** Messages per second that were sent, and that were heard of. */
  readonly sent: number;
  readonly heard: number;
  /** Ms from the answer to the sender until the message was there, of each. */
  readonly delays: readonly number[];
}

/** Ms for which messages that were sent are waited for. */
const patience = 60_000;

const arrivals = new Map<string, number>();
let isRefusing = false;
let sentBefore = 0;

function take(body: string): void {
  const now = performance.now();
  const { events } = JSON.parse(body) as { events?: { event_id: string }[] };
  for (const { event_id } of events ?? []) if (!arrivals.has(event_id)) arrivals.set(event_id, now);
}

answerCalls({
  /** Gives the address for the registration. */
  async start(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (!isRefusing) take(Buffer.concat(chunks).toString());
        response.writeHead(isRefusing ? 503 : 200, { "content-type": "application/json", "content-length": "2" });
        response.end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },

  async join({ url, accessToken, roomIds }: Joining): Promise<void> {
    const client = new KeepAliveClient(url);
    for (const roomId of roomIds) await client.ask("POST", `/_matrix/client/v3/join/${roomId}`, accessToken, "{}");
    client.close();
  },

  async talk({ url, roomIds, senders, messages, rate, aliveWith }: Talk): Promise<Heard> {
    isRefusing = aliveWith !== undefined;
    const client = new KeepAliveClient(url);
    const answered = new Map<string, number>();
    const start = performance.now();
    let next = 0;
    const lane = async ({ accessToken, deviceId }: Device) => {
      while (next < messages) {
        const number = next++;
        const early = start + (number * 1_000) / rate - performance.now();
        if (early > 0) await sleep(early);
        const roomId = roomIds[number % roomIds.length] as string;
        const path = `/_matrix/client/v3/rooms/${roomId}/send/m.room.encrypted/${process.pid}-${++sentBefore}`;
        const { text } = await client.ask("PUT", path, accessToken, JSON.stringify(encryptedContent(number, deviceId)));
        answered.set((JSON.parse(text) as { event_id: string }).event_id, performance.now());
      }
    };
    await Promise.all(senders.map(lane));
    const sentAt = performance.now();
    isRefusing = false;
    if (aliveWith !== undefined) await client.ask("GET", "/_matrix/client/v3/account/whoami", aliveWith);
    client.close();
    await untilHeard([...answered.keys()]);
    const times = [...answered.keys()].map((eventId) => arrivals.get(eventId) as number);
    // A backlog is heard from its first message on, others from the first that was sent.
    const begun = aliveWith === undefined ? start : Math.min(...times);
    return {
      sent: (messages * 1_000) / (sentAt - start),
      heard: (messages * 1_000) / (Math.max(...times) - begun),
      delays: [...answered].map(([eventId, at]) => Math.max(0, (arrivals.get(eventId) as number) - at)),
    };
  },
});

async function untilHeard(eventIds: readonly string[]): Promise<void> {
  const end = performance.now() + patience;
  let missing = eventIds;
  while (missing.length > 0) {
    missing = missing.filter((eventId) => !arrivals.has(eventId));
    if (performance.now() > end) throw new Error(`${missing.length} of ${eventIds.length} events were not heard of`);
    await sleep(5);
  }
}
