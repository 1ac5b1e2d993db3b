import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as httpsRequest, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { checkAnswer, checkRequest } from "../openapi/answer-check.ts";
import { KeyedDevice, type SigningPair, signed, signingPair } from "../support/signed-keys.ts";
import { readCertificate, serverCertificate } from "../support/tls/certificates.ts";
import { authorizationOf, parseXMatrix, type XMatrix } from "./x-matrix.ts";

type Route = "keys" | "version" | "claim" | "query" | "devices" | "send";

const routes: readonly (readonly [Route, string, RegExp])[] = [
  ["keys", "GET", /^\/_matrix\/key\/v2\/server(\/[^/]*)?$/],
  ["version", "GET", /^\/_matrix\/federation\/v1\/version$/],
  ["claim", "POST", /^\/_matrix\/federation\/v1\/user\/keys\/claim$/],
  ["query", "POST", /^\/_matrix\/federation\/v1\/user\/keys\/query$/],
  ["devices", "GET", /^\/_matrix\/federation\/v1\/user\/devices\/[^/]+$/],
  ["send", "PUT", /^\/_matrix\/federation\/v1\/send\/[^/]+$/],
];

// biome-ignore lint/suspicious/noExplicitAny: what servers say to each other, looked into freely.
export type Json = any;

/** A request that came to a played server. */
export interface Heard {
  readonly route: Route | undefined;
  readonly method: string;
  /** The path with the query. */
  readonly uri: string;
  /** Parsed; `undefined` without a body. */
  readonly body: Json;
  readonly authorization: XMatrix | undefined;
  /** Ms of `performance.now()`. */
  readonly at: number;
}

/** An answer; or what to do with the response instead, at leisure. */
export type Played = { readonly status?: number; readonly body: Json } | ((response: ServerResponse) => unknown);

export type Behaviour = (heard: Heard) => Played | Promise<Played>;

/** No answer, ever. */
export const silence: Played = () => undefined;

/** A real server, which a played one speaks to. */
export interface Target {
  readonly name: string;
  /** On 127.0.0.1. */
  readonly port: number;
}

/** Lies about a request; what is not here is as it should be. */
export interface Forgery {
  readonly origin?: string;
  readonly destination?: string;
  readonly keyId?: string;
  readonly pair?: SigningPair;
  /** What is signed in the place of the body. */
  readonly content?: unknown;
  /** The whole header; `null` sends none. */
  readonly authorization?: string | null;
}

export interface PlayedAnswer {
  readonly status: number;
  readonly body: Json;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64, rejectUnauthorized: false });

/** A server that is played by a test: it has a signing key and users with keys, and does what the test says. */
export class PlayedServer {
  readonly name: string;
  readonly keyId = "ed25519:played";
  readonly pair = signingPair();
  readonly heard: Heard[] = [];
  readonly on: Record<Route, Behaviour> = {
    keys: () => ({ body: this.publishedKeys() }),
    version: () => ({ body: { server: { name: "played", version: "1" } } }),
    claim: ({ body }) => ({ body: this.claim(body.one_time_keys) }),
    query: ({ body }) => ({ body: this.query(body.device_keys) }),
    devices: ({ uri }) => this.devices(decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1))),
    send: () => ({ body: { pdus: {} } }),
  };
  /** By user id. */
  readonly #devices = new Map<string, KeyedDevice[]>();
  #streamId = 1;
  #transactions = 0;
  #oneTimeKeys = 0;

  constructor(name: string) {
    this.name = name;
  }

  userId(localpart: string): string {
    return `@${localpart}:${this.name}`;
  }

  /** One more device of a user, who gives a new one-time key to each who claims. */
  addDevice(localpart: string, deviceId: string): KeyedDevice {
    const userId = this.userId(localpart);
    const device = new KeyedDevice({ userId, deviceId });
    this.#devices.set(userId, [...(this.#devices.get(userId) ?? []), device]);
    return device;
  }

  heardOn(route: Route): Heard[] {
    return this.heard.filter((one) => one.route === route);
  }

  publishedKeys(changes: object = {}): Json {
    const keys = {
      server_name: this.name,
      verify_keys: { [this.keyId]: { key: this.pair.publicKey } },
      old_verify_keys: {},
      valid_until_ts: Date.now() + 7 * 24 * 3600_000,
      ...changes,
    };
    return signed(keys, this.name, this.keyId, this.pair);
  }

  claim(asked: Record<string, Record<string, string>>): Json {
    const given: Json = {};
    for (const [userId, devices] of Object.entries(asked)) {
      given[userId] = {};
      for (const deviceId of Object.keys(devices)) {
        const device = this.#devices.get(userId)?.find((one) => one.deviceId === deviceId);
        if (device) given[userId][deviceId] = device.oneTimeKeys(1, `K${this.#oneTimeKeys++}K`);
      }
    }
    return { one_time_keys: given };
  }

  query(asked: Record<string, string[]>): Json {
    const given: Json = {};
    for (const [userId, wanted] of Object.entries(asked)) {
      const devices = this.#devices.get(userId) ?? [];
      const chosen = devices.filter(({ deviceId }) => wanted.length === 0 || wanted.includes(deviceId));
      given[userId] = Object.fromEntries(chosen.map((device) => [device.deviceId, device.deviceKeys()]));
    }
    return { device_keys: given };
  }

  devices(userId: string): Played {
    const devices = this.#devices.get(userId);
    if (devices === undefined) return { status: 404, body: { errcode: "M_NOT_FOUND", error: "Unknown user" } };
    const listed = devices.map((device) => ({ device_id: device.deviceId, keys: device.deviceKeys() }));
    return { body: { user_id: userId, stream_id: this.#streamId++, devices: listed } };
  }

  /** A request to a real server, signed as it should be, or forged. Its answer is held against the specification. */
  async request(to: Target, method: string, uri: string, body?: unknown, forgery: Forgery = {}): Promise<PlayedAnswer> {
    const { origin = this.name, destination = to.name, keyId = this.keyId, pair = this.pair } = forgery;
    const { content = body, authorization = undefined } = forgery;
    const header =
      authorization === undefined
        ? authorizationOf({ method, uri, origin, destination, content }, keyId, pair)
        : authorization;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answered = await exchange(to, method, uri, body === undefined ? undefined : text, header);
    const { problems } = checkAnswer({ method, path: uri, ...answered });
    assert.deepEqual(problems, [], `${method} ${uri} answered ${JSON.stringify(answered)}`);
    return answered;
  }

  /** Begins a request whose body is to have so many bytes, and sends none of them: the status of the answer. */
  async announce(to: Target, method: string, uri: string, bytes: number): Promise<number> {
    const { keyId, pair, name: origin } = this;
    const authorization = authorizationOf({ method, uri, origin, destination: to.name, content: {} }, keyId, pair);
    const request = httpsRequest({
      ...{ agent: false, rejectUnauthorized: false, host: "127.0.0.1", port: to.port, servername: to.name },
      ...{ method, path: uri, headers: { host: to.name, authorization, "content-length": bytes } },
    });
    request.flushHeaders();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    request.on("error", () => undefined).destroy();
    return response.statusCode ?? 0;
  }

  /** Sends a transaction; its id is new, unless given. */
  send(
    to: Target,
    edus: readonly object[],
    { id = `t${this.#transactions++}`, ...forgery }: Forgery & { id?: string } = {},
  ) {
    const body = { origin: this.name, origin_server_ts: Date.now(), pdus: [], edus };
    return this.request(to, "PUT", `/_matrix/federation/v1/send/${id}`, body, forgery);
  }
}

/** An EDU with one message to one device. */
export function directToDevice(
  sender: string,
  to: { readonly userId: string; readonly deviceId: string },
  content: object,
  messageId: string,
): object {
  const messages = { [to.userId]: { [to.deviceId]: content } };
  return { edu_type: "m.direct_to_device", content: { sender, type: "m.test", message_id: messageId, messages } };
}

/** Any number of played servers behind one HTTPS port. */
export class PlayedServers {
  readonly #servers = new Map<string, PlayedServer>();
  readonly #listener: Server;

  private constructor() {
    const tls = readCertificate(serverCertificate);
    this.#listener = createServer(tls, (request, response) => void this.#receive(request, response));
    this.#listener.keepAliveTimeout = 60_000;
  }

  static async start(...names: readonly string[]): Promise<PlayedServers> {
    const servers = new PlayedServers();
    for (const name of names) servers.#servers.set(name, new PlayedServer(name));
    servers.#listener.listen(0, "127.0.0.1");
    await once(servers.#listener, "listening");
    return servers;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** For `resolve_overrides`. */
  get overrides(): Record<string, string> {
    return Object.fromEntries(Array.from(this.#servers.keys(), (name) => [name, `127.0.0.1:${this.port}`]));
  }

  get all(): PlayedServer[] {
    return [...this.#servers.values()];
  }

  server(name: string): PlayedServer {
    return this.#servers.get(name)!;
  }

  async close(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    this.#listener.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const stream of [request, response]) stream.on("error", () => undefined);
    const at = performance.now();
    const text = await textOf(request);
    const name = (request.headers.host ?? "").replace(/:\d+$/, "");
    const server = this.#servers.get(name) ?? this.#servers.get(String((request.socket as TLSSocket).servername));
    if (server === undefined || text === undefined) {
      response.destroy();
      return;
    }
    const { method = "", url: uri = "" } = request;
    const path = uri.split("?")[0]!;
    const route = routes.find(([, ofRoute, pattern]) => ofRoute === method && pattern.test(path))?.[0];
    const authorization = parseXMatrix(request.headers.authorization);
    const heard = { route, method, uri, body: text === "" ? undefined : JSON.parse(text), authorization, at };
    // A real server that asks what the specification does not know ends the test: nobody catches this.
    assert.deepEqual(checkRequest({ method, path, body: heard.body }).problems, [], `${method} ${uri} ${text}`);
    server.heard.push(heard);
    const unknown = { status: 404, body: { errcode: "M_UNRECOGNIZED", error: "Unrecognized request" } };
    const played = route === undefined ? unknown : await server.on[route](heard);
    if (typeof played === "function") played(response);
    else answer(response, played.status ?? 200, played.body);
  }
}

export function answer(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
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

async function exchange(
  to: Target,
  method: string,
  path: string,
  text: string | undefined,
  authorization: string | null,
): Promise<PlayedAnswer> {
  const request = httpsRequest({
    ...{ agent, host: "127.0.0.1", port: to.port, servername: to.name, method, path },
    headers: {
      host: to.name,
      ...(authorization !== null && { authorization }),
      ...(text !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    },
  });
  request.end(text);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const answered = (await textOf(response)) ?? "";
  let body: Json;
  try {
    body = JSON.parse(answered);
  } catch {
    body = answered;
  }
  return { status: response.statusCode ?? 0, body };
}
