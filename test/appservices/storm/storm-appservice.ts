import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type AskedKeys, type Kind, type Manner, replies, type StormReply } from "./storm-answers.ts";

/** A request, as it came. */
interface Arrival {
  readonly kind: Kind;
  readonly path: string;
  /** Ms since the epoch. */
  readonly at: number;
  /** How many users' device keys, or how many one-time keys, it asks for. */
  readonly size: number;
}

const hsToken = "hs-token-of-the-storm";

/** An appservice that counts: how many requests come, and how many it has at one time. */
export class StormAppservice {
  readonly arrivals: Arrival[] = [];
  /** The most requests that it had at one time: for one user's device keys, for device keys, for one-time keys, in all. */
  readonly most = { ofUser: 0, query: 0, claim: 0, inAll: 0 };
  readonly #manner: Manner;
  readonly #id: string;
  readonly #now = { query: 0, claim: 0, ofUser: new Map<string, number>() };
  readonly #server: Server;
  #port = 0;
  #work: NodeJS.Timeout | undefined;

  private constructor(manner: Manner, id: string) {
    this.#manner = manner;
    this.#id = id;
    this.#server = createServer((request, response) => void this.#receive(request, response));
    if (manner === "resets") this.#server.on("connection", (socket) => socket.resetAndDestroy());
  }

  /** Listens, unless it is down; then its port is one where nobody does. */
  static async start(manner: Manner, id = "storm"): Promise<StormAppservice> {
    const appservice = new StormAppservice(manner, id);
    appservice.#server.listen(0, "127.0.0.1");
    await once(appservice.#server, "listening");
    appservice.#port = (appservice.#server.address() as AddressInfo).port;
    if (manner === "down") await appservice.stop();
    return appservice;
  }

  /** Writes the file that registers it: users whose name begins with `prefix` are its own. */
  register(file: string, prefix: string): void {
    const registration = {
      ...{
        id: this.#id,
        url: `http://127.0.0.1:${this.#port}`,
        as_token: `as-token-of-${this.#id}`,
        hs_token: hsToken,
      },
      ...{ sender_localpart: `${this.#id}bot`, rate_limited: false },
      namespaces: { users: [{ exclusive: true, regex: `@${prefix}.*:localhost` }], aliases: [], rooms: [] },
    };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(registration));
  }

  /** Asks the server who it is twice a second, if it is busy, until it is stopped. */
  workAt(serverUrl: string): void {
    if (this.#manner !== "busy") return;
    const headers = { authorization: `Bearer as-token-of-${this.#id}` };
    const work = () => void fetch(`${serverUrl}/_matrix/client/v3/account/whoami`, { headers }).catch(() => undefined);
    this.#work = setInterval(work, 500);
  }

  async stop(): Promise<void> {
    clearInterval(this.#work);
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The other side may end the connection at any time.
    for (const stream of [request, response]) stream.on("error", () => undefined);
    const text = await textOf(request);
    if (text === undefined || this.#manner === "down" || this.#manner === "resets") return;
    const path = request.url ?? "";
    const kind = /\/keys\/(query|claim)$/.exec(path)?.[1] as Kind | undefined;
    if (kind === undefined || request.headers.authorization !== `Bearer ${hsToken}`) {
      response.writeHead(403, { "content-type": "application/json" }).end("{}");
      return;
    }
    const asked = JSON.parse(text) as AskedKeys;
    const turn = this.arrivals.length;
    this.arrivals.push({ kind, path, at: Date.now(), size: sizeOf(kind, asked) });
    this.#count(kind, asked, response);
    const reply = replies[this.#manner](turn, kind, asked);
    const timer = setTimeout(() => send(response, reply), reply.delay ?? 0);
    response.once("close", () => clearTimeout(timer));
  }

  #count(kind: Kind, asked: AskedKeys, response: ServerResponse): void {
    const { most } = this;
    const now = this.#now;
    const users = kind === "query" ? Object.keys(asked) : [];
    const add = (one: 1 | -1) => {
      now[kind] += one;
      for (const user of users) now.ofUser.set(user, (now.ofUser.get(user) ?? 0) + one);
    };
    add(1);
    most[kind] = Math.max(most[kind], now[kind]);
    most.inAll = Math.max(most.inAll, now.query + now.claim);
    most.ofUser = Math.max(most.ofUser, ...users.map((user) => now.ofUser.get(user) ?? 0));
    response.once("close", () => add(-1));
  }
}

function send(response: ServerResponse, { status = 200, type = "application/json", text, inChunks }: StormReply): void {
  const length = inChunks ? {} : { "content-length": Buffer.byteLength(text) };
  response.writeHead(status, { "content-type": type, ...length });
  response.write(text);
  response.end();
}

function sizeOf(kind: Kind, asked: AskedKeys): number {
  if (kind === "query") return Object.keys(asked).length;
  return Object.values(asked).flatMap((devices) => Object.values(devices).flat()).length;
}

/** `undefined`: the other side has gone away. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  } catch {
    return undefined;
  }
}
