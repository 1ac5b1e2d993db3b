import type {
  AppserviceKeys,
  ProxiedClaim,
  ProxiedKey,
  ProxiedQuery,
  ProxiedUserKeys,
} from "../../domain/appservices/appservice-keys.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { AppserviceObserver } from "../../domain/kernel/observer.ts";
import type { WakeName } from "../../domain/kernel/unit-of-work.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { AppserviceConnections } from "./appservice-connections.ts";
import { BackOff, type BackOffKind } from "./back-off.ts";
import { ClaimBatches } from "./claim-batches.ts";
import { KeyRequests, keyPaths } from "./key-requests.ts";
import { ProxyReports } from "./proxy-reports.ts";
import { SharedQueries } from "./shared-queries.ts";

/** Ms of a request; whoever waits for it has a time of their own. */
const usualDeadline = 10_000;

/** To each appservice: as many as there are requests at once. */
const connections = 5;

/** How asking an appservice for keys goes. */
export interface ProxyState {
  readonly appserviceId: string;
  readonly kind: "claim" | "query";
  readonly backoff: BackOffKind;
  /** Ms until it is asked again; 0 when it may be asked. */
  readonly backoffMs: number;
  /** One line; `undefined` when it answered last. */
  readonly lastError: string | undefined;
}

interface Proxies {
  readonly claims: ClaimBatches;
  readonly queries: SharedQueries;
  readonly backOffs: { readonly claim: BackOff; readonly query: BackOff };
}

/** Asks appservices for the keys of their users, and protects them from storms (rule Q6). */
export class HttpAppserviceKeys implements AppserviceKeys {
  readonly #clock: Clock;
  readonly #observer: Pick<AppserviceObserver, "keysAsked" | "keysDropped">;
  readonly #deadline: number;
  readonly #connections = new AppserviceConnections(connections);
  readonly #proxies = new Map<string, Proxies>();
  #closed = false;

  /** @param deadline ms that one request may take */
  constructor(
    deps: { readonly clock: Clock; readonly observer: Pick<AppserviceObserver, "keysAsked" | "keysDropped"> },
    deadline = usualDeadline,
  ) {
    this.#clock = deps.clock;
    this.#observer = deps.observer;
    this.#deadline = deadline;
  }

  claimAll(
    appservice: Appservice,
    claims: readonly ProxiedClaim[],
    timeout: number,
  ): Promise<(ProxiedKey | undefined)[]> {
    return this.#proxiesOf(appservice).claims.claimAll(claims, timeout);
  }

  query(appservice: Appservice, query: ProxiedQuery, timeout: number): Promise<ReadonlyMap<UserId, ProxiedUserKeys>> {
    return this.#proxiesOf(appservice).queries.query(query, timeout);
  }

  /** A device of these users has changed: what their appservices said of them is not used any more. */
  forget(names: Iterable<WakeName>): void {
    const users = [...names];
    for (const { queries } of this.#proxies.values()) queries.forget(users);
  }

  /** Anything may have changed. */
  forgetAll(): void {
    for (const { queries } of this.#proxies.values()) queries.forgetAll();
  }

  /** It has made a request, so it is alive: the next one who wants its keys asks it, even if it failed just now. */
  noteAlive(appserviceId: string): void {
    const backOffs = this.#proxies.get(appserviceId)?.backOffs;
    backOffs?.claim.endPause();
    backOffs?.query.endPause();
  }

  /** Of each appservice that has been asked, for metrics. */
  describe(): ProxyState[] {
    return [...this.#proxies].flatMap(([appserviceId, { backOffs }]) =>
      (["claim", "query"] as const).map((kind) => {
        const { kind: backoff, left: backoffMs, lastError } = backOffs[kind];
        return { appserviceId, kind, backoff, backoffMs, lastError };
      }),
    );
  }

  /** Ends all requests; whoever waits gets nothing, and so does who comes later. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { claims, queries } of this.#proxies.values()) {
      claims.close();
      queries.close();
    }
    await this.#connections.close();
  }

  #proxiesOf(appservice: Appservice): Proxies {
    const known = this.#proxies.get(appservice.id);
    if (known) return known;
    const proxies = this.#makeProxies(appservice);
    this.#proxies.set(appservice.id, proxies);
    return proxies;
  }

  #makeProxies(appservice: Appservice): Proxies {
    const to = { appservice, connections: this.#connections, deadline: this.#deadline };
    const reports = new ProxyReports(this.#observer, appservice.id);
    const backOffs = { claim: new BackOff(this.#clock), query: new BackOff(this.#clock) };
    const claims = new ClaimBatches(new KeyRequests(to, keyPaths.claim, backOffs.claim), reports);
    const queries = new SharedQueries(new KeyRequests(to, keyPaths.query, backOffs.query), reports, this.#clock);
    if (this.#closed || appservice.registration.url === undefined) {
      claims.close();
      queries.close();
    }
    return { claims, queries, backOffs };
  }
}
