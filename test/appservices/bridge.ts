import assert from "node:assert/strict";
import { MatrixClient } from "../../examples/matrix-client.ts";
import { OlmDevice } from "../../examples/olm-device.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import type { ReceivedRequest, Reply } from "../support/appservices/appservice-routes.ts";
import type { TestAppservice } from "../support/appservices/test-appservice.ts";
import type { Answer } from "../support/client.ts";
import { Ghost } from "./ghost.ts";
import { readTransaction, type Transaction } from "./read-transaction.ts";

export interface BridgeOptions {
  readonly appservice: TestAppservice;
  /** Of the homeserver. */
  readonly url: string;
  /** How requests of ghosts travel; each answer is checked against the specification, unless given. */
  readonly fetcher?: typeof fetch;
}

interface As {
  readonly userId?: string;
  readonly deviceId?: string;
  readonly body?: object;
}

/** A bridge whose users have machines of their own, which act with the bridge's token and never log in or sync. */
export class Bridge {
  readonly appservice: TestAppservice;
  readonly ghosts: Ghost[] = [];
  readonly #url: string;
  readonly #fetch: typeof fetch;
  readonly #texts = new Map<string, string>();
  /** Transactions that all ghosts have taken in. */
  #heard = 0;
  #problem: unknown;

  constructor({ appservice, url, fetcher = checkedFetch }: BridgeOptions) {
    this.appservice = appservice;
    this.#url = url;
    this.#fetch = fetcher;
    appservice.on.transactions = (request) => this.#take(request);
  }

  /**
   * A new user with one device and a machine for it, whose keys are uploaded: without a login.
   * @param carry changes how the machine's requests travel
   */
  async addGhost(name: string, carry?: (fetcher: typeof fetch) => typeof fetch): Promise<Ghost> {
    const username = `${this.appservice.id}_${name}`;
    const userId = `@${username}:localhost`;
    const body = { type: "m.login.application_service", username, inhibit_login: true };
    const registered = await this.request("POST", "/register", { body });
    assert.deepEqual([registered.status, registered.body], [200, { user_id: userId }]);
    return this.addDevice(userId, `${name.toUpperCase()}-PHONE`, carry);
  }

  /** A new device of one of its users, itself included, as `addGhost` makes them. */
  async addDevice(
    userId: string,
    deviceId: string,
    carry = (fetcher: typeof fetch): typeof fetch => fetcher,
  ): Promise<Ghost> {
    const named = userId === this.appservice.senderId ? {} : { userId };
    const made = await this.request("PUT", `/devices/${deviceId}`, { ...named, body: {} });
    assert.equal(made.status, 201, "MSC4190: a new device");
    const fetcher = assertingIdentity({ ...named, deviceId }, carry(this.#fetch));
    const client = new MatrixClient(this.#url, { userId, deviceId, accessToken: this.#token }, fetcher);
    const ghost = new Ghost(await OlmDevice.create(client));
    this.ghosts.push(ghost);
    await ghost.act(() => ghost.device.sendOutgoingRequests());
    return ghost;
  }

  /** Forgets a device that it has deleted. */
  remove(ghost: Ghost): void {
    this.ghosts.splice(this.ghosts.indexOf(ghost), 1);
  }

  addGhosts(names: readonly string[]): Promise<Ghost[]> {
    return Promise.all(names.map((name) => this.addGhost(name)));
  }

  /** A request with the bridge's token; as its own user, unless given. `path` is without `/_matrix/client/v3`. */
  async request(method: string, path: string, { userId = "", deviceId = "", body }: As = {}): Promise<Answer> {
    const url = new URL(`${this.#url}/_matrix/client/v3${path}`);
    if (userId !== "") url.searchParams.set("user_id", userId);
    if (deviceId !== "") url.searchParams.set("device_id", deviceId);
    const response = await this.#fetch(url, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  /** Waits until something holds of what came in transactions, all of which have to be right. */
  until(holds: () => boolean): Promise<void> {
    return this.appservice.until(() => {
      const problem = this.#problem;
      this.#problem = undefined;
      if (problem !== undefined) throw problem;
      return holds();
    });
  }

  /** Waits until something holds that has to be asked for; it is asked for again after each transaction. */
  async untilSo(holds: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const before = this.#heard;
      if (await holds()) return;
      await this.until(() => this.#heard > before);
    }
  }

  /** Waits until a ghost has heard so many messages, and no more. */
  async untilHeard(ghost: Ghost, count: number): Promise<string[]> {
    await this.until(() => ghost.bodies.length >= count);
    return ghost.bodies;
  }

  get #token(): string {
    return this.appservice.registration.asToken;
  }

  /** A transaction that comes again is the same, and is done already. */
  async #take({ path, text, body }: ReceivedRequest): Promise<Reply> {
    try {
      const id = path.slice(path.lastIndexOf("/") + 1);
      const before = this.#texts.get(id);
      this.#texts.set(id, text);
      if (before === undefined) await this.#hear(readTransaction(body));
      else assert.equal(text, before, "a transaction that is sent again is not altered");
    } catch (error) {
      this.#problem ??= error;
    }
    return {};
  }

  /** It has taken a transaction when all of its users have: MSC3202 asks for that. */
  async #hear(transaction: Transaction): Promise<void> {
    for (const { to_user_id: userId, to_device_id: deviceId } of transaction.messages) {
      const isOurs = this.ghosts.some((ghost) => ghost.userId === userId && ghost.deviceId === deviceId);
      assert.ok(isOurs, `${userId} has no device ${deviceId}`);
    }
    await Promise.all(this.ghosts.map((ghost) => ghost.hear(transaction)));
    this.#heard++;
  }
}

/**
 * https://spec.matrix.org/v1.19/application-service-api/#identity-assertion, under the name of the draft every other time.
 * Nobody is named in a request of the bridge's own user.
 */
function assertingIdentity(
  { userId, deviceId }: { readonly userId?: string; readonly deviceId: string },
  fetcher: typeof fetch,
): typeof fetch {
  let count = 0;
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (userId !== undefined) url.searchParams.set("user_id", userId);
    url.searchParams.set(count++ % 2 === 0 ? "device_id" : "org.matrix.msc3202.device_id", deviceId);
    return fetcher(url, init);
  };
}
