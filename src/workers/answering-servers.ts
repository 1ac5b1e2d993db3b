import { LRUCache } from "lru-cache";
import type { ServerName } from "../protocol/identifiers/server-name.ts";

/** Servers that are remembered; one that was forgotten is a stranger again. */
const mostServers = 20_000;

/** Failures in a row after which a server that only asks is not believed any more to answer. */
const mostFailures = 3;

interface Record {
  readonly answers: boolean;
  /** In a row. */
  readonly failures: number;
}

/**
 * Servers that have taken something, answered, or asked lately, in this process. What is for them does not wait behind any
 * number of servers that say nothing.
 */
export class AnsweringServers {
  readonly #servers = new LRUCache<ServerName, Record>({ max: mostServers });

  /** It has taken something, or answered. */
  noteAnswer(server: ServerName): void {
    this.#servers.set(server, { answers: true, failures: 0 });
  }

  noteFailure(server: ServerName): void {
    this.#servers.set(server, { answers: false, failures: this.#failuresOf(server) + 1 });
  }

  /** It has asked. Who asks and never answers gains nothing by it. */
  noteAlive(server: ServerName): void {
    const failures = this.#failuresOf(server);
    if (failures < mostFailures) this.#servers.set(server, { answers: true, failures });
  }

  has(server: ServerName): boolean {
    return this.#servers.get(server)?.answers ?? false;
  }

  #failuresOf(server: ServerName): number {
    return this.#servers.peek(server)?.failures ?? 0;
  }
}
