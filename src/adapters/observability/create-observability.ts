import type { Clock } from "../../domain/kernel/clock.ts";
import type { Observer } from "../../domain/kernel/observer.ts";
import { AppserviceMetrics, type AppserviceState } from "./appservice-metrics.ts";
import { type DestinationCounts, FederationMetrics } from "./federation-metrics.ts";
import { Gauge } from "./gauge.ts";
import { HttpRequestLog } from "./http-request-log.ts";
import type { Logger } from "./logger.ts";
import { metricCatalogue } from "./metric-catalogue.ts";
import { Metrics } from "./metrics.ts";
import { MetricsObserver } from "./metrics-observer.ts";
import { QueryDurations } from "./query-durations.ts";
import { RequestDurations } from "./request-durations.ts";

export interface ObservabilityOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** The server's version. */
  readonly version: string;
  /** The window in which claims per claimer are counted, in minutes: `claims.refill_minutes` (rule C7). */
  readonly refillMinutes: number;
  /** Asked at each scrape, how many syncs wait. */
  readonly waitingSyncs: () => number;
  readonly appservices: {
    readonly ids: readonly string[];
    /** Asked at each scrape. */
    readonly states: () => Promise<readonly AppserviceState[]>;
  };
  /** Asked at each scrape. */
  readonly destinations: () => Promise<DestinationCounts>;
}

export interface Observability {
  readonly metrics: Metrics;
  readonly observer: Observer;
  readonly appserviceObserver: AppserviceMetrics;
  readonly federationObserver: FederationMetrics;
  readonly requestLog: HttpRequestLog;
  /** Told of each named query and the ms it took. */
  readonly queryTimer: (name: string, milliseconds: number) => void;
}

/** All that observes one server, on one set of metrics. */
export function createObservability(options: ObservabilityOptions): Observability {
  const { logger, clock, version, refillMinutes, waitingSyncs, appservices, destinations } = options;
  const metrics = new Metrics();
  const observer = new MetricsObserver(metrics, logger, clock, refillMinutes);
  const appserviceObserver = new AppserviceMetrics(metrics, appservices.ids, appservices.states);
  const federationObserver = new FederationMetrics(metrics, destinations);
  metrics.add(new Gauge(metricCatalogue.waitingSyncs, waitingSyncs));
  const requests = metrics.add(new RequestDurations());
  const queries = metrics.add(new QueryDurations());
  metrics.add(new Gauge(metricCatalogue.buildInfo, () => 1, { version }));
  return {
    metrics,
    observer,
    appserviceObserver,
    federationObserver,
    requestLog: new HttpRequestLog(logger, requests),
    queryTimer: (name, milliseconds) => queries.observe(name, milliseconds),
  };
}
