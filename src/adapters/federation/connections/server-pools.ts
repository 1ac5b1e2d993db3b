import { LRUCache } from "lru-cache";
import type { Pool } from "undici";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { Place } from "../discovery/find-server.ts";
import { type DialDeps, dial } from "./dial.ts";

/** Connections to one server, and the servers to which some are kept open. */
const mostConnections = 12;
const mostPools = 500;

/** Ms after which a connection that nobody uses is closed; the longest that a server may ask for. */
const keepAliveTimeout = 30_000;
const keepAliveMaxTimeout = 60_000;

interface Connected {
  readonly pool: Pool;
  readonly place: Place;
}

/** A few connections for each server. Pools that were not used for the longest time go when there are too many. */
export class ServerPools {
  readonly #PoolClass: typeof Pool;
  readonly #deps: DialDeps;
  readonly #pools = new LRUCache<ServerName, Connected>({
    max: mostPools,
    // Requests on their way come to their end.
    dispose: ({ pool }) => void pool.close().catch(() => undefined),
  });

  constructor(PoolClass: typeof Pool, deps: DialDeps) {
    this.#PoolClass = PoolClass;
    this.#deps = deps;
  }

  /** The server's pool; another one than before when it is found elsewhere. */
  poolOf(server: ServerName, place: Place): Pool {
    const known = this.#pools.get(server);
    if (known && leadsTo(known.place, place)) return known.pool;
    const pool = this.#connect(place);
    this.#pools.set(server, { pool, place });
    return pool;
  }

  /** Ends all requests. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()].map(({ pool }) => pool);
    await Promise.all(pools.map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #connect(place: Place): Pool {
    // The origin means nothing: where it goes to, and as whom, is the place's.
    return new this.#PoolClass("https://server.invalid", {
      ...{ connections: mostConnections, pipelining: 1, allowH2: false },
      // Neither headers nor bodies have a time of their own: the deadline ends the wait for them.
      ...{ keepAliveTimeout, keepAliveMaxTimeout, headersTimeout: 0, bodyTimeout: 0 },
      connect: (_, callback) => {
        void dial(place, this.#deps).then(
          (socket) => callback(null, socket),
          (error: Error) => callback(error, null),
        );
      },
    });
  }
}

function leadsTo(one: Place, other: Place): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
