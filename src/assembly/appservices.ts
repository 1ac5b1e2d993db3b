import type { ProxyState } from "../adapters/appservices/http-appservice-keys.ts";
import type { AppserviceMetrics, AppserviceState } from "../adapters/observability/appservice-metrics.ts";
import type { Config } from "../config/config.ts";
import { loadRegistrations } from "../config/registrations/load-registrations.ts";
import { listFeedStates } from "../domain/appservice-feed/list-feed-states.ts";
import type { AppserviceGateway } from "../domain/appservices/appservice-gateway.ts";
import type { AppserviceKeys } from "../domain/appservices/appservice-keys.ts";
import type { AppserviceSigns } from "../domain/appservices/appservice-signs.ts";
import { Appservices } from "../domain/appservices/appservices.ts";
import type { ProxyReport } from "../domain/appservices/proxy-report-store.ts";
import type { Clock } from "../domain/kernel/clock.ts";
import type { AppserviceObserver } from "../domain/kernel/observer.ts";
import type { RoomAlias } from "../protocol/identifiers/room-alias.ts";
import type { UserId } from "../protocol/identifiers/user-id.ts";
import type { Wakeable } from "./wakeables.ts";

/** The appservices of the config. @throws ConfigError */
export async function loadAppservices({ appservices, serverName }: Config): Promise<Appservices> {
  return new Appservices(await loadRegistrations(appservices, serverName), serverName);
}

/** The ways out to appservices. */
export interface AppserviceWays extends Wakeable, AppserviceSigns {
  readonly gateway: AppserviceGateway;
  readonly users: Pick<AppserviceGateway, "hasUser">;
  readonly rooms: Pick<AppserviceGateway, "hasRoom">;
  readonly keys: AppserviceKeys;
  describe(): readonly ProxyState[];
  close(): Promise<void>;
}

export async function openAppserviceWays(
  appservices: Appservices,
  deps: { readonly clock: Clock; readonly observer: AppserviceObserver },
): Promise<AppserviceWays> {
  if (appservices.all.length === 0) return waysToNobody;
  // Who has no appservices does not wait for the HTTP client to load.
  const { HttpAppserviceGateway } = await import("../adapters/appservices/http-appservice-gateway.ts");
  const { HttpAppserviceKeys } = await import("../adapters/appservices/http-appservice-keys.ts");
  const { RememberedAnswers } = await import("../adapters/appservices/remembered-answers.ts");
  const gateway = new HttpAppserviceGateway(deps.clock);
  const keys = new HttpAppserviceKeys(deps);
  const users = new RememberedAnswers((appservice, userId: UserId) => gateway.hasUser(appservice, userId), deps.clock);
  const rooms = new RememberedAnswers((appservice, alias: RoomAlias) => gateway.hasRoom(appservice, alias), deps.clock);
  return {
    gateway,
    users: { hasUser: (appservice, userId) => users.ask(appservice, userId) },
    rooms: { hasRoom: (appservice, alias) => rooms.ask(appservice, alias) },
    keys,
    // What wakes a user's syncs may be a change of its devices.
    wake: (names) => keys.forget(names),
    wakeAll: () => keys.forgetAll(),
    noteAlive: (appserviceId) => keys.noteAlive(appserviceId),
    describe: () => keys.describe(),
    close: async () => {
      await Promise.all([gateway.close(), keys.close()]);
    },
  };
}

/** Without appservices nobody is asked. */
const unset = { kind: "unset", error: "there is no such appservice" } as const;
const waysToNobody: AppserviceWays = {
  users: { hasUser: async () => unset },
  rooms: { hasRoom: async () => unset },
  gateway: {
    sendTransaction: async () => unset,
    hasUser: async () => unset,
    hasRoom: async () => unset,
    ping: async () => unset,
  },
  keys: { claimAll: async (_, claims) => claims.map(() => undefined), query: async () => new Map() },
  wake: () => undefined,
  wakeAll: () => undefined,
  noteAlive: () => undefined,
  describe: () => [],
  close: async () => undefined,
};

/** Who hears that an appservice is there: whatever waits until it is asked again. */
export function signsFor(ways: AppserviceWays, sender: AppserviceSigns): AppserviceSigns {
  return {
    noteAlive: (appserviceId) => {
      ways.noteAlive(appserviceId);
      sender.noteAlive(appserviceId);
    },
  };
}

/** For operators: what this process has to tell of asking appservices for keys. */
export function proxyReports(ways: AppserviceWays, metrics: AppserviceMetrics, clock: Clock): ProxyReport[] {
  return ways.describe().map(({ appserviceId, kind, backoffMs, lastError }) => ({
    ...{ appserviceId, kind, lastError, counts: metrics.countsOf(appserviceId, kind) },
    // In whole seconds, so that one pause is one report.
    pausedUntil: backoffMs > 0 ? Math.ceil((clock.now() + backoffMs) / 1000) * 1000 : undefined,
  }));
}

/** How all appservices are, for a scrape: their feeds, and how it goes to ask them for keys in this process. */
export async function appserviceStates(
  deps: Parameters<typeof listFeedStates>[0] & { readonly clock: Clock },
  ways: AppserviceWays,
): Promise<AppserviceState[]> {
  const feeds = new Map((await listFeedStates(deps)).map((feed) => [feed.id, feed]));
  const proxies = ways.describe();
  const now = deps.clock.now();
  return deps.appservices.all.map(({ id }) => {
    const feed = feeds.get(id);
    const pauseOf = (kind: ProxyState["kind"]) =>
      proxies.find((state) => state.appserviceId === id && state.kind === kind)?.backoffMs ?? 0;
    return {
      id,
      up: feed?.up ?? true,
      waiting: feed?.waiting ?? 0,
      waitingFor: Math.max(0, now - (feed?.oldestWaitingSince ?? now)),
      backoff: {
        transactions: Math.max(0, (feed?.nextAttemptAt ?? now) - now),
        claims: pauseOf("claim"),
        queries: pauseOf("query"),
      },
    };
  });
}
