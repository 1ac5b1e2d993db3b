// A client that reads rooms, one request after another.
import { answerCalls } from "../child/answer-calls.ts";
import { KeepAliveClient } from "../load/keep-alive-client.ts";
import { encryptedContent } from "../population/encrypted-content.ts";
import type { Device } from "../population/identities.ts";

export interface ReadOptions {
  readonly url: string;
  readonly path: string;
  /** In turn. */
  readonly accessTokens: readonly string[];
  readonly times: number;
}

export interface ReadResult {
  /** Of each request, in ms. */
  readonly times: readonly number[];
  /** Of the last answer. */
  readonly bytes: number;
}

export interface FollowOptions {
  readonly url: string;
  /** What the syncs ask for beside `since`, as `filter=…`. */
  readonly query: string;
  readonly reader: Device;
  /** For each message the room that it is sent to, and who sends it. */
  readonly messages: readonly { readonly roomId: string; readonly sender: Device }[];
}

export interface PagesOptions {
  readonly url: string;
  readonly roomId: string;
  readonly accessToken: string;
  readonly limit: number;
}

let client: KeepAliveClient | undefined;
let clientOf = "";
let sent = 0;

function clientFor(url: string): KeepAliveClient {
  if (!client || clientOf !== url) client = new KeepAliveClient(url);
  clientOf = url;
  return client;
}

answerCalls(
  {
    async read({ url, path, accessTokens, times: count }: ReadOptions): Promise<ReadResult> {
      const times: number[] = [];
      let bytes = 0;
      for (let time = 0; time < count; time++) {
        const answer = await clientFor(url).ask("GET", path, accessTokens[time % accessTokens.length] as string);
        times.push(answer.milliseconds);
        bytes = answer.bytes;
      }
      return { times, bytes };
    },

    /** Times of the syncs that come right after each message. */
    async follow({ url, query, reader, messages }: FollowOptions): Promise<ReadResult> {
      const sync = (since: string) =>
        clientFor(url).ask("GET", `/_matrix/client/v3/sync?${query}${since}`, reader.accessToken);
      let next = (JSON.parse((await sync("")).text) as { next_batch: string }).next_batch;
      const times: number[] = [];
      let bytes = 0;
      for (const { roomId, sender } of messages) {
        const body = JSON.stringify(encryptedContent(++sent, sender.deviceId));
        const path = `/_matrix/client/v3/rooms/${roomId}/send/m.room.encrypted/${process.pid}-${sent}`;
        const { text } = await clientFor(url).ask("PUT", path, sender.accessToken, body);
        const { event_id } = JSON.parse(text) as { event_id: string };
        const answer = await sync(`&since=${next}`);
        if (!answer.text.includes(event_id)) throw new Error(`The sync does not have ${event_id}`);
        next = (JSON.parse(answer.text) as { next_batch: string }).next_batch;
        times.push(answer.milliseconds);
        bytes = answer.bytes;
      }
      return { times, bytes };
    },

    /** Times of all pages of a room, backward from its end. */
    async pages({ url, roomId, accessToken, limit }: PagesOptions): Promise<ReadResult> {
      const times: number[] = [];
      let bytes = 0;
      for (let from: string | undefined = ""; from !== undefined; ) {
        const path = `/_matrix/client/v3/rooms/${roomId}/messages?dir=b&limit=${limit}${from}`;
        const answer = await clientFor(url).ask("GET", path, accessToken);
        const { chunk, end } = JSON.parse(answer.text) as { chunk: unknown[]; end?: string };
        from = end === undefined ? undefined : `&from=${end}`;
        // The last one is shorter.
        if (chunk.length < limit) continue;
        times.push(answer.milliseconds);
        bytes = answer.bytes;
      }
      return { times, bytes };
    },
  },
  async () => client?.close(),
);
