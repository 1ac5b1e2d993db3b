import { LRUCache } from "lru-cache";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { ServerHealth } from "./server-health.ts";

const mostServers = 10_000;

const mostDescribed = 100;

/** A server that is spared. */
export interface SparedServer {
  readonly server: ServerName;
  /** Failures in a row. */
  readonly failures: number;
  /** Ms until it is tried again. */
  readonly pausedFor: number;
  /** One line. */
  readonly lastError: string;
}

/** How the servers answer that were asked last. */
export class ServerHealths {
  readonly #clock: Clock;
  readonly #servers = new LRUCache<ServerName, ServerHealth>({ max: mostServers });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(server: ServerName): ServerHealth {
    const known = this.#servers.get(server);
    if (known) return known;
    const health = new ServerHealth(this.#clock);
    this.#servers.set(server, health);
    return health;
  }

  noteAlive(server: ServerName): void {
    this.#servers.peek(server)?.noteAlive();
  }

  /** Those that are spared, asked last first; not all, where there are very many. */
  describe(): SparedServer[] {
    return [...this.#servers.entries()]
      .filter(([, health]) => health.isPaused)
      .slice(0, mostDescribed)
      .map(([server, { failures, left, lastError }]) => ({ server, failures, pausedFor: left, lastError }));
  }
}
