import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { plainBehaviours, type ReceivedRequest, type Reply, routeOf, unrecognized } from "./appservice-routes.ts";

/** The HTTP side of a test's application service. */
export class AppserviceListener {
  readonly on = plainBehaviours();
  readonly unknown: string[] = [];
  readonly requests: ReceivedRequest[] = [];
  readonly #authorization: string;
  readonly #waiting = new Set<() => void>();
  #server: Server | undefined;
  #port = 0;

  constructor(hsToken: string) {
    this.#authorization = `Bearer ${hsToken}`;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many connections it has now. */
  countConnections(): Promise<number> {
    return new Promise((resolve) => {
      if (this.#server) this.#server.getConnections((_, count) => resolve(count));
      else resolve(0);
    });
  }

  async start(): Promise<void> {
    if (this.#server) return;
    const server = createServer((request, response) => void this.#receive(request, response));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  until(holds: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      try {
        if (!holds()) return;
        resolve();
      } catch (error) {
        reject(error);
      }
      this.#waiting.delete(look);
    };
    this.#waiting.add(look);
    look();
    return promise;
  }

  async #receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    // The other side may end the connection at any time.
    for (const stream of [incoming, response]) stream.on("error", () => undefined);
    const text = await textOf(incoming);
    if (text === undefined) return;
    const { method = "", url = "", headers } = incoming;
    const [path = "", query = ""] = url.split("?", 2);
    const request: ReceivedRequest = {
      ...{ route: routeOf(method, path), method, path, query, text, body: parse(text), answered: undefined },
      ...{ authorization: headers.authorization, contentType: headers["content-type"] },
    };
    this.requests.push(request);
    const replying = this.#replyTo(request);
    this.#look();
    const reply = await replying;
    // Noted before the last byte leaves: whoever has the answer finds it here.
    await send(response, reply, () => {
      request.answered = reply.status ?? 200;
    });
    this.#look();
  }

  #replyTo(request: ReceivedRequest): Reply | Promise<Reply> {
    const { route, path } = request;
    if (request.authorization !== this.#authorization) {
      return { status: 403, body: { errcode: "M_FORBIDDEN", error: "Bad token" } };
    }
    if (route === undefined || this.unknown.some((beginning) => path.startsWith(beginning))) return unrecognized;
    return this.on[route](request);
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}

/** @param ending called before the end of a whole answer is sent */
async function send(response: ServerResponse, reply: Reply, ending: () => void): Promise<void> {
  const { status = 200, headers = {}, body = {}, text = JSON.stringify(body), drip } = reply;
  if (reply.hangUp) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  if (reply.breakOff) {
    response.write(text.slice(0, text.length / 2), () => response.destroy());
    return;
  }
  if (drip !== undefined) await sendSlowly(response, text, drip);
  if (response.destroyed) return;
  ending();
  response.end(drip === undefined ? text : undefined);
}

async function sendSlowly(response: ServerResponse, text: string, drip: number): Promise<void> {
  response.flushHeaders();
  for (const byte of Buffer.from(text)) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await pause(drip);
  }
}

/** `undefined`: the other side has gone away. */
async function textOf(incoming: IncomingMessage): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
