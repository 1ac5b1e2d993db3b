import { LRUCache } from "lru-cache";
import type { Clock } from "../../../domain/kernel/clock.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import { findServer, type Lookups, overriddenPlace, type Place } from "./find-server.ts";
import { nameParts } from "./name-parts.ts";
import { type WellKnown, WellKnownMemory } from "./well-known-memory.ts";

const mostServers = 10_000;

/** Ms that a place is remembered: DNS records change, and do not say here when. What `.well-known` says holds for longer. */
const lifetime = 300_000;

/** Searches on their way: whoever asks may have given up long before they end. */
const mostSearches = 1000;

/** Connections that fail one after another until a server is looked for anew. */
const patience = 2;

/** The server was not looked for: that says nothing of it. */
export class TooManySearchesError extends Error {}

interface Found {
  readonly place: Place;
  /** Monotonic, ms. */
  readonly until: number;
  connectionFailures: number;
}

export interface FoundServersDeps {
  readonly clock: Clock;
  readonly resolver: Lookups["resolver"];
  readonly roll: Lookups["roll"];
  /** Never rejects. */
  readonly fetchWellKnown: (host: string) => Promise<WellKnown>;
  /** Server name -> `host:port`. */
  readonly resolveOverrides: Readonly<Record<string, string>>;
}

/** Where servers are: found once, however many look for one at a time, and remembered for a while. */
export class FoundServers {
  readonly #clock: Clock;
  readonly #overrides: Readonly<Record<string, string>>;
  readonly #wellKnown: WellKnownMemory;
  readonly #lookups: Lookups;
  readonly #found = new LRUCache<ServerName, Found>({ max: mostServers });
  readonly #searches = new Map<ServerName, Promise<Place>>();

  constructor({ clock, resolver, roll, fetchWellKnown, resolveOverrides }: FoundServersDeps) {
    const wellKnown = new WellKnownMemory(clock, fetchWellKnown);
    this.#clock = clock;
    this.#overrides = resolveOverrides;
    this.#wellKnown = wellKnown;
    this.#lookups = { resolver, roll, fetchWellKnown: (host) => wellKnown.find(host) };
  }

  /** Rejects with NoSuchServerError or TooManySearchesError. */
  async find(server: ServerName): Promise<Place> {
    const override = Object.hasOwn(this.#overrides, server) ? this.#overrides[server] : undefined;
    if (override !== undefined) return overriddenPlace(server, override);
    const found = this.#found.get(server);
    if (found && this.#clock.monotonic() < found.until) return found.place;
    const search = this.#searches.get(server);
    if (search) return search;
    if (this.#searches.size < mostSearches) return this.#search(server);
    // Where it was is better than nowhere.
    if (found) return found.place;
    throw new TooManySearchesError();
  }

  /** A connection to where it was found has failed: the second in a row makes it be looked for anew. */
  noteConnectionFailure(server: ServerName): void {
    const found = this.#found.get(server);
    if (!found || ++found.connectionFailures < patience) return;
    this.#found.delete(server);
    this.#wellKnown.forget(nameParts(server)?.host ?? server);
  }

  /** It has answered from where it was found. */
  noteAnswer(server: ServerName): void {
    const found = this.#found.get(server);
    if (found) found.connectionFailures = 0;
  }

  async #search(server: ServerName): Promise<Place> {
    const search = findServer(server, this.#lookups);
    this.#searches.set(server, search);
    try {
      const place = await search;
      this.#found.set(server, { place, until: this.#clock.monotonic() + lifetime, connectionFailures: 0 });
      return place;
    } finally {
      this.#searches.delete(server);
    }
  }
}
