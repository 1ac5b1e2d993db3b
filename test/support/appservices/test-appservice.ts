import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Appservice } from "../../../src/domain/appservices/appservices.ts";
import type { AppserviceRegistration, Namespace } from "../../../src/protocol/appservice-registration.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { checkedFetch } from "../../openapi/checking-fetch.ts";
import type { Answer } from "../client.ts";
import { AppserviceListener } from "./appservice-listener.ts";
import type { Behaviour, ReceivedRequest, Reply, Route } from "./appservice-routes.ts";

export interface TestAppserviceOptions {
  /** `bridge`, unless given. Two of one server need different ids, and namespaces that do not meet. */
  readonly id?: string;
  /** Of the homeserver; `localhost`, as `startTestServer` has it. */
  readonly serverName?: string;
  /** `<id>bot`, unless given. */
  readonly senderLocalpart?: string;
  /** `@<id>_.*` of the server, exclusively, unless given. */
  readonly users?: readonly Namespace[];
  readonly aliases?: readonly Namespace[];
  readonly rooms?: readonly Namespace[];
  /** `null`: it is registered without a URL. */
  readonly url?: null;
  readonly rateLimited?: boolean;
  readonly receivesEphemeral?: boolean;
  readonly encrypts?: boolean;
  readonly managesDevices?: boolean;
  readonly answersClaims?: boolean;
  readonly answersQueries?: boolean;
  readonly protocols?: readonly string[];
}

export interface ReceivedTransaction {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely.
  readonly body: any;
}

/**
 * An application service on a free port of 127.0.0.1, and the file that registers it.
 *
 *     const bridge = await startTestAppservice({ encrypts: true });
 *     afterTest(t, () => bridge.close());
 *     const server = await startTestServer({ appservices: [bridge.registrationFile] });
 *     afterTest(t, () => server.close());
 *
 * What it does when it is asked is `bridge.on`, a behaviour a route, to be replaced at any time:
 *
 *     bridge.on.query = () => ({ body: { device_keys: {} } });        an answer
 *     bridge.on.transactions = () => ({ status: 503 });               a status
 *     const release = bridge.hang("claim");                           no answer until `release()` is called
 *     bridge.on.claim = () => ({ text: "rubbish" });                  no JSON
 *     bridge.on.claim = () => ({ body: { … }, drip: 10 });            a byte every 10 ms
 *     bridge.on.claim = () => ({ breakOff: true });                   the connection ends within the answer
 *     bridge.on.claim = () => ({ hangUp: true });                     the connection ends without an answer
 *     bridge.unknown.push("/_matrix/app/unstable/");                  404 M_UNRECOGNIZED under this prefix
 *     await bridge.stop(); await bridge.start();                      down, and up again on the same port
 */
export class TestAppservice {
  readonly registration: AppserviceRegistration;
  /** As the domain sees it: for tests of adapters and use cases. */
  readonly appservice: Appservice;
  /** A YAML file: for the config's `appservices`. */
  readonly registrationFile: string;
  /** Its own user. */
  readonly senderId: string;
  /**
   * From the start: transactions are taken, it can be pinged, it has no users and no rooms (404 M_NOT_FOUND), and key requests are
   * an unknown route (404 M_UNRECOGNIZED).
   */
  readonly on: Record<Route, Behaviour>;
  /** Beginnings of paths that it does not know; each is 404 M_UNRECOGNIZED. */
  readonly unknown: string[];
  /** All requests that came, also refused and unanswered ones, in order. */
  readonly requests: readonly ReceivedRequest[];
  readonly #listener: AppserviceListener;
  readonly #folder: string;

  constructor(listener: AppserviceListener, registration: AppserviceRegistration, where: Where) {
    this.#listener = listener;
    this.#folder = where.folder;
    this.registration = registration;
    this.appservice = new Appservice(registration, where.serverName as ServerName);
    this.registrationFile = join(where.folder, `${registration.id}.yaml`);
    this.senderId = this.appservice.senderId;
    this.on = listener.on;
    this.unknown = listener.unknown;
    this.requests = listener.requests;
  }

  get id(): string {
    return this.registration.id;
  }

  /** Where it listens, also when it is registered without a URL. */
  get url(): string {
    return this.#listener.url;
  }

  /** The transactions that it has answered with 200, in order; one that comes again is here once. */
  get transactions(): readonly ReceivedTransaction[] {
    const taken = new Map<string, ReceivedTransaction>();
    for (const { route, path, body, answered } of this.requests) {
      const id = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
      if (route === "transactions" && answered === 200 && !taken.has(id)) taken.set(id, { id, body });
    }
    return [...taken.values()];
  }

  /** The requests of a route, in order. */
  requestsTo(route: Route): ReceivedRequest[] {
    return this.requests.filter((request) => request.route === route);
  }

  /**
   * Waits until something holds of what came: `await bridge.until(() => bridge.transactions.length === 2)`.
   * It is looked at whenever a request comes and whenever one is answered.
   */
  until(holds: () => boolean): Promise<void> {
    return this.#listener.until(holds);
  }

  /**
   * From now on requests of the route are not answered.
   * @returns ends this: what waits is answered as before, and so is what comes
   */
  hang(route: Route): () => void {
    const before = this.on[route];
    const { promise, resolve } = Promise.withResolvers<void>();
    const hanging = (request: ReceivedRequest): Promise<Reply> => promise.then(() => before(request));
    this.on[route] = hanging;
    return () => {
      if (this.on[route] === hanging) this.on[route] = before;
      resolve();
    };
  }

  /** How many connections there are to it now. */
  countConnections(): Promise<number> {
    return this.#listener.countConnections();
  }

  /** Stops listening and ends all connections. */
  stop(): Promise<void> {
    return this.#listener.stop();
  }

  /** Listens again, on the same port. */
  start(): Promise<void> {
    return this.#listener.start();
  }

  /**
   * A request to the homeserver with the `as_token`, held against the specification.
   *
   * @param path without `/_matrix/client/v3`, unless it begins with `/_matrix`
   * @param as as which user and device; its sender without a device, unless given
   */
  async request(serverUrl: string, method: string, path: string, as: RequestedAs = {}): Promise<Answer> {
    const url = new URL(`${serverUrl}${path.startsWith("/_matrix") ? "" : "/_matrix/client/v3"}${path}`);
    if (as.userId !== undefined) url.searchParams.set("user_id", as.userId);
    if (as.deviceId !== undefined) url.searchParams.set("device_id", as.deviceId);
    const { body } = as;
    const response = await checkedFetch(url, {
      method,
      headers: { authorization: `Bearer ${this.registration.asToken}` },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  /** Stops, and removes the registration file. */
  async close(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function startTestAppservice(options: TestAppserviceOptions = {}): Promise<TestAppservice> {
  const { id = "bridge", serverName = "localhost" } = options;
  const hsToken = `hs-token-of-${id}`;
  const listener = new AppserviceListener(hsToken);
  await listener.start();
  const registration: AppserviceRegistration = {
    ...{ id, url: options.url === null ? undefined : listener.url, asToken: `as-token-of-${id}`, hsToken },
    senderLocalpart: options.senderLocalpart ?? `${id}bot`,
    namespaces: {
      users: options.users ?? [{ exclusive: true, regex: `@${id}_.*:${serverName.replaceAll(".", "\\.")}` }],
      aliases: options.aliases ?? [],
      rooms: options.rooms ?? [],
    },
    rateLimited: options.rateLimited ?? false,
    receivesEphemeral: options.receivesEphemeral ?? false,
    encrypts: options.encrypts ?? false,
    managesDevices: options.managesDevices ?? false,
    answersClaims: options.answersClaims ?? true,
    answersQueries: options.answersQueries ?? true,
    protocols: options.protocols ?? [],
  };
  const folder = await mkdtemp(join(tmpdir(), "claviger-appservice-"));
  const appservice = new TestAppservice(listener, registration, { folder, serverName });
  await writeFile(appservice.registrationFile, stringify(fileOf(registration)));
  return appservice;
}

interface Where {
  readonly folder: string;
  readonly serverName: string;
}

interface RequestedAs {
  readonly userId?: string;
  readonly deviceId?: string;
  /** JSON, or a text that is sent as it is. */
  readonly body?: unknown;
}

function fileOf(registration: AppserviceRegistration): object {
  return {
    id: registration.id,
    url: registration.url ?? null,
    as_token: registration.asToken,
    hs_token: registration.hsToken,
    sender_localpart: registration.senderLocalpart,
    namespaces: registration.namespaces,
    rate_limited: registration.rateLimited,
    protocols: registration.protocols,
    "de.sorunome.msc2409.push_ephemeral": registration.receivesEphemeral,
    "org.matrix.msc3202": registration.encrypts,
    "io.element.msc4190": registration.managesDevices,
    "org.matrix.msc3983": registration.answersClaims,
    "org.matrix.msc3984": registration.answersQueries,
  };
}
