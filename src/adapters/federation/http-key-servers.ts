import type { KeyPurpose, KeyServers } from "../../domain/federation-out/key-servers.ts";
import type { RemoteAnswer } from "../../domain/federation-out/remote-answer.ts";
import type { ServerSigns } from "../../domain/federation-out/remote-servers.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { FederationObserver } from "../../domain/kernel/observer.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { FailureMemory } from "./failure-memory.ts";
import type { FederationRequests } from "./federation-requests.ts";
import type { Outcome } from "./judge-answer.ts";
import { crowded } from "./request-failure.ts";
import { RequestSlots } from "./request-slots.ts";
import type { FederationRequest } from "./write-request.ts";

/** Bytes of an answer that are read. */
const mostBytes = 262_144;

/** Different wishes of one purpose on their way at once: about any server, and beyond them about servers that are known. */
const mostWishes = 1000;
const mostKnownWishes = 1000;

/** Requests on their way for those who ask this server as a notary. */
const notaryBounds = { perServer: 2, inAll: 100 };

/** What somebody waits for. */
interface Wish {
  /** Different for different wishes of one purpose. */
  readonly name: string;
  readonly purpose: KeyPurpose;
  readonly isKnown: boolean;
}

/** The wishes of one purpose, and the room that they have. */
interface Room {
  readonly slots: RequestSlots;
  readonly onTheirWay: Map<string, Promise<RemoteAnswer>>;
}

export interface KeyServersDeps {
  readonly requests: FederationRequests;
  /** For what verifies requests. */
  readonly slots: RequestSlots;
  readonly clock: Clock;
  readonly observer: Pick<FederationObserver, "remoteAsked">;
  /** Ms of one request. */
  readonly timeout: number;
}

/** Fetches the keys of servers. These requests need no signature, for who is asked would need our keys to check it. */
export class HttpKeyServers implements KeyServers, ServerSigns {
  readonly #deps: KeyServersDeps;
  readonly #rooms: Readonly<Record<KeyPurpose, Room>>;
  readonly #failedServers: FailureMemory;
  readonly #failedNotaries: FailureMemory;

  constructor(deps: KeyServersDeps) {
    this.#deps = deps;
    this.#rooms = {
      request: { slots: deps.slots, onTheirWay: new Map() },
      notary: { slots: new RequestSlots(notaryBounds), onTheirWay: new Map() },
    };
    this.#failedServers = new FailureMemory(deps.clock);
    this.#failedNotaries = new FailureMemory(deps.clock);
  }

  /** https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2server */
  fetchKeys(server: ServerName, isKnown: boolean, purpose: KeyPurpose): Promise<RemoteAnswer> {
    const request = { ...({ method: "GET", path: "/_matrix/key/v2/server" } as const), isSigned: false, mostBytes };
    return this.#share({ name: server, purpose, isKnown }, server, request, this.#failedServers);
  }

  /** https://spec.matrix.org/v1.19/server-server-api/#post_matrixkeyv2query */
  askNotary(notary: ServerName, server: ServerName, keyId: string, minimumValidUntil: number): Promise<RemoteAnswer> {
    const content = { server_keys: { [server]: { [keyId]: { minimum_valid_until_ts: minimumValidUntil } } } };
    const request = {
      ...({ method: "POST", path: "/_matrix/key/v2/query", body: { content } } as const),
      isSigned: false,
      mostBytes,
    };
    const wish: Wish = { name: JSON.stringify([notary, content]), purpose: "request", isKnown: false };
    return this.#share(wish, notary, request, this.#failedNotaries);
  }

  noteAlive(server: ServerName): void {
    this.#failedServers.forget(server);
    this.#failedNotaries.forget(server);
  }

  async #share(
    wish: Wish,
    server: ServerName,
    request: FederationRequest,
    failed: FailureMemory,
  ): Promise<RemoteAnswer> {
    const { slots, onTheirWay } = this.#rooms[wish.purpose];
    const shared = onTheirWay.get(wish.name);
    if (shared) return shared;
    if (onTheirWay.size >= mostWishes + (wish.isKnown ? mostKnownWishes : 0)) return this.#spared(crowded);
    const answer = this.#ask(server, request, { slots, isKnown: wish.isKnown }, failed);
    onTheirWay.set(wish.name, answer);
    try {
      return await answer;
    } finally {
      onTheirWay.delete(wish.name);
    }
  }

  async #ask(
    server: ServerName,
    request: FederationRequest,
    among: { readonly slots: RequestSlots; readonly isKnown: boolean },
    failed: FailureMemory,
  ): Promise<RemoteAnswer> {
    const reason = failed.find(server);
    if (reason) return this.#spared(reason);
    const { requests, observer, timeout } = this.#deps;
    const outcome = await requests.deadlines.run(timeout, (deadline) =>
      requests.ask(server, request, { ...among, deadline }),
    );
    const { answer } = outcome;
    if (answer.failure === crowded) return this.#spared(crowded);
    observer.remoteAsked("server_keys", answer.failure ? "failed" : "answered");
    this.#remember(server, outcome, failed);
    return answer;
  }

  #remember(server: ServerName, { answer, sign }: Outcome, failed: FailureMemory): void {
    // A notary that answers may know nothing of one server, and all of others.
    const isAnswer = answer.failure === undefined || (failed === this.#failedNotaries && sign === "alive");
    if (isAnswer) failed.forget(server);
    else if (sign !== "none") failed.failed(server, answer.failure);
  }

  #spared(failure: NonNullable<RemoteAnswer["failure"]>): RemoteAnswer {
    this.#deps.observer.remoteAsked("server_keys", "spared");
    return { failure };
  }
}
