import type { Account } from "../../examples/matrix-client.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { KeyedDevice } from "./signed-keys.ts";
import { registerUser } from "./test-server.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are checked against the specification, and then looked into freely.
type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

/** One logged-in device that speaks raw JSON. Every answer is held against the specification. */
export class Client {
  readonly account: Account;
  readonly keys: KeyedDevice;
  readonly #urlOfRequest: () => string;

  /** `server`: where it is, or for each request where to send it. */
  constructor(server: string | (() => string), account: Account) {
    this.#urlOfRequest = typeof server === "string" ? () => server : server;
    this.account = account;
    this.keys = new KeyedDevice(account);
  }

  /** Where the next request goes. */
  get url(): string {
    return this.#urlOfRequest();
  }

  get userId(): string {
    return this.account.userId;
  }

  get deviceId(): string {
    return this.account.deviceId;
  }

  /** `path` without `/_matrix/client/v3`, unless it begins with `/_matrix`. */
  async request(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await checkedFetch(
      `${this.url}${path.startsWith("/_matrix") ? "" : "/_matrix/client/v3"}${path}`,
      {
        method,
        headers: { authorization: `Bearer ${this.account.accessToken}` },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      },
    );
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.request("POST", path, body);
  }

  get(path: string): Promise<Answer> {
    return this.request("GET", path);
  }

  upload(body: unknown): Promise<Answer> {
    return this.post("/keys/upload", body);
  }

  /** The key that a claim of one device gives: `[id, object]`, or `undefined` for `{}`. */
  async claim(userId: string, deviceId: string, algorithm = "signed_curve25519"): Promise<[string, Json] | undefined> {
    const answer = await this.post("/keys/claim", { one_time_keys: { [userId]: { [deviceId]: algorithm } } });
    return Object.entries(answer.body.one_time_keys[userId][deviceId])[0];
  }

  async query(...userIds: string[]): Promise<Json> {
    const wanted = Object.fromEntries(userIds.map((userId) => [userId, []]));
    return (await this.post("/keys/query", { device_keys: wanted })).body;
  }

  async sync(since?: string, timeout = 0): Promise<Json> {
    const query = new URLSearchParams({ timeout: String(timeout), ...(since !== undefined && { since }) });
    return (await this.get(`/sync?${query}`)).body;
  }

  send(type: string, transactionId: string, messages: object): Promise<Answer> {
    const path = `/sendToDevice/${encodeURIComponent(type)}/${encodeURIComponent(transactionId)}`;
    return this.request("PUT", path, { messages });
  }
}

/** A new user with one device, logged in, without keys. */
export async function newClient(url: string, localpart: string): Promise<Client> {
  return new Client(url, await registerUser(url, localpart));
}
