import { LRUCache } from "lru-cache";
import type { RemoteFailure } from "../../domain/federation-out/remote-answer.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";

const mostServers = 10_000;

/** Ms that a failure is remembered; each further one twice as long. */
const firstPause = 30_000;
const longestPause = 600_000;

interface Remembered {
  readonly error: string;
  readonly pause: number;
  /** Monotonic, ms. */
  readonly until: number;
}

/** Servers that have just failed, so that they are not asked again at once. */
export class FailureMemory {
  readonly #clock: Clock;
  readonly #servers = new LRUCache<ServerName, Remembered>({ max: mostServers });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Why the server is not asked now; `undefined` when it may be. */
  find(server: ServerName): RemoteFailure | undefined {
    const known = this.#servers.get(server);
    if (!known || this.#clock.monotonic() >= known.until) return undefined;
    return { kind: "spared", error: `it has just failed: ${known.error}` };
  }

  failed(server: ServerName, { error }: RemoteFailure): void {
    const pause = Math.min(2 * (this.#servers.get(server)?.pause ?? firstPause / 2), longestPause);
    this.#servers.set(server, { error, pause, until: this.#clock.monotonic() + pause });
  }

  forget(server: ServerName): void {
    this.#servers.delete(server);
  }
}
