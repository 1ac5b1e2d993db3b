import { setImmediate as nextTurn } from "node:timers/promises";
import type { Client, Pool } from "undici";
import type { Clock } from "../../domain/kernel/clock.ts";
import { unlessAborted } from "../../domain/kernel/unless-aborted.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { isHangUp } from "../../protocol/request-error.ts";
import type { DialDeps } from "./connections/dial.ts";
import { BodyReader } from "./connections/read-body.ts";
import { ServerPools } from "./connections/server-pools.ts";
import { contextThatTrusts } from "./connections/trusted-authorities.ts";
import { type Deadline, Deadlines, outOfTime, serverStops } from "./deadlines.ts";
import { fetchWellKnown } from "./discovery/fetch-well-known.ts";
import type { Place } from "./discovery/find-server.ts";
import { FoundServers, TooManySearchesError } from "./discovery/found-servers.ts";
import type { Resolver } from "./discovery/resolver.ts";
import { judgeAnswer, type Outcome, type Received } from "./judge-answer.ts";
import { crowded, failureOf } from "./request-failure.ts";
import type { RequestSlots } from "./request-slots.ts";
import { type FederationRequest, type Sender, type WrittenRequest, writeRequest } from "./write-request.ts";

export interface RequestsDeps extends Sender {
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly allows: DialDeps["allows"];
  /** PEM texts. */
  readonly authorities: readonly string[];
  readonly roll: () => number;
  readonly resolveOverrides: Readonly<Record<string, string>>;
  readonly wellKnownPort: number;
  /** Ms: that a server does not answer in less says nothing of it. */
  readonly fairTimeout: number;
}

/** The HTTP client, loaded when there is something to ask. */
interface Loaded {
  readonly ClientClass: typeof Client;
  readonly pools: ServerPools;
  readonly dial: DialDeps;
}

/** A signature is made over canonical JSON, which not everything has. */
const unsignable: Outcome = {
  answer: { failure: { kind: "unreadable", error: "what it is to be sent has no canonical JSON" } },
  sign: "none",
};

/** Sends requests to other servers, wherever they are. Redirects are answers like others. */
export class FederationRequests {
  readonly deadlines = new Deadlines();
  readonly #deps: RequestsDeps;
  readonly #found: FoundServers;
  readonly #bodies = new BodyReader();
  readonly #closing = new AbortController();
  #loading: Promise<Loaded> | undefined;

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
    this.#found = new FoundServers({ ...deps, fetchWellKnown: (host) => this.#fetchWellKnown(host) });
  }

  /**
   * Sends a request when there is a slot for it; never rejects.
   * @param isKnown whether the server is known to answer
   */
  async ask(
    server: ServerName,
    request: FederationRequest,
    { slots, isKnown, deadline }: { slots: RequestSlots; isKnown: boolean; deadline: Deadline },
  ): Promise<Outcome> {
    const outcome = await slots.run(server, isKnown, deadline.signal, () => this.#send(server, request, deadline));
    if (outcome) return outcome;
    const { aborted, reason } = deadline.signal;
    const failure = aborted && reason !== outOfTime ? failureOf(reason, deadline) : crowded;
    return { answer: { failure }, sign: "none" };
  }

  /** Ends all requests, also those that come later. */
  async close(): Promise<void> {
    this.deadlines.close();
    this.#closing.abort(serverStops);
    const loaded = await this.#loading?.catch(() => undefined);
    await loaded?.pools.close();
  }

  async #send(server: ServerName, request: FederationRequest, deadline: Deadline): Promise<Outcome> {
    const written = this.#write(server, request);
    if (written === undefined) return unsignable;
    const begin = this.#deps.clock.monotonic();
    try {
      const place = await unlessAborted(this.#found.find(server), deadline.signal);
      const { pools } = await this.#load();
      const exchange = () => this.#exchange(pools.poolOf(server, place), place, written, request.mostBytes, deadline);
      const received = await exchange().catch((error) => {
        // A connection that was kept open may be closed by the other side just when it is used again.
        if (!isHangUp(error) || deadline.signal.aborted) throw error;
        return exchange();
      });
      this.#found.noteAnswer(server);
      return judgeAnswer(received, this.#deps.clock.now());
    } catch (error) {
      if (error instanceof TooManySearchesError) return { answer: { failure: crowded }, sign: "none" };
      if (!deadline.signal.aborted) this.#found.noteConnectionFailure(server);
      return { answer: { failure: failureOf(error, deadline) }, sign: this.#signOfSilence(begin, deadline) };
    }
  }

  #write(server: ServerName, request: FederationRequest): WrittenRequest | undefined {
    try {
      return writeRequest(request, server, this.#deps);
    } catch {
      return undefined;
    }
  }

  /** The time that went by before there was a slot is not the server's fault. */
  #signOfSilence(begin: number, { signal }: Deadline): Outcome["sign"] {
    if (!signal.aborted) return "failing";
    const hadTime = this.#deps.clock.monotonic() - begin >= this.#deps.fairTimeout;
    return signal.reason === outOfTime && hadTime ? "failing" : "none";
  }

  async #exchange(
    pool: Pool,
    { hostHeader }: Place,
    { headers, ...request }: WrittenRequest,
    mostBytes: number,
    { signal }: Deadline,
  ): Promise<Received> {
    const answer = await pool.request({ ...request, signal, headers: { host: hostHeader, ...headers } });
    const body = await this.#bodies.read(answer.body, mostBytes);
    // Only then the connection is free again; who comes earlier would make another one.
    await nextTurn();
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  async #fetchWellKnown(host: string) {
    const { ClientClass, dial } = await this.#load();
    const { clock, wellKnownPort: port } = this.#deps;
    return fetchWellKnown(host, {
      ...{ ClientClass, dial, clock, port },
      bodies: this.#bodies,
      deadlines: this.deadlines,
    });
  }

  #load(): Promise<Loaded> {
    this.#loading ??= this.#loadOnce();
    return this.#loading;
  }

  async #loadOnce(): Promise<Loaded> {
    const { Client: ClientClass, Pool: PoolClass } = await import("undici");
    const { resolver, allows, authorities } = this.#deps;
    const secureContext = contextThatTrusts(authorities);
    const dial = { resolver, allows, secureContext, closing: this.#closing.signal };
    return { ClientClass, dial, pools: new ServerPools(PoolClass, dial) };
  }
}
