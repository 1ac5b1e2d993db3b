import { LRUCache } from "lru-cache";
import type { Clock } from "../../../domain/kernel/clock.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";

/** What `/.well-known/matrix/server` said. */
export interface WellKnown {
  /** Whom it delegates to; `undefined` when it said nothing that is valid. */
  readonly server: ServerName | undefined;
  /** Ms that it holds; of a failure the memory decides. */
  readonly lifetime: number;
}

interface Remembered {
  readonly server: ServerName | undefined;
  /** Monotonic, ms. */
  readonly until: number;
  /** One after another. */
  readonly failures: number;
}

const mostHosts = 10_000;

/** Ms that a valid answer is used at least, whatever it says: it costs a request for each request otherwise. */
const shortestLifetime = 60_000;

/** Ms that a first failure is remembered; each further one twice as long, up to an hour. */
const firstFailure = 60_000;
const longestFailure = 3_600_000;

/** Remembers what `.well-known` said, by host: https://spec.matrix.org/v1.19/server-server-api/#resolving-server-names step 3 */
export class WellKnownMemory {
  readonly #clock: Clock;
  readonly #fetch: (host: string) => Promise<WellKnown>;
  readonly #hosts = new LRUCache<string, Remembered>({ max: mostHosts });

  /** @param fetch never rejects */
  constructor(clock: Clock, fetch: (host: string) => Promise<WellKnown>) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  async find(host: string): Promise<ServerName | undefined> {
    const known = this.#hosts.get(host);
    if (known && this.#clock.monotonic() < known.until) return known.server;
    const { server, lifetime } = await this.#fetch(host);
    const failures = server === undefined ? (known?.failures ?? 0) + 1 : 0;
    const held = failures > 0 ? failureLifetime(failures) : Math.max(lifetime, shortestLifetime);
    this.#hosts.set(host, { server, failures, until: this.#clock.monotonic() + held });
    return server;
  }

  /** What it delegates to does not answer. A failure stays: nothing is delegated, and nothing can be wrong with that. */
  forget(host: string): void {
    if (this.#hosts.get(host)?.server !== undefined) this.#hosts.delete(host);
  }
}

function failureLifetime(failures: number): number {
  return Math.min(firstFailure * 2 ** (failures - 1), longestFailure);
}
