import type { FederationObserver } from "../../domain/kernel/observer.ts";
import { Counter } from "./counter.ts";
import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import { metricCatalogue } from "./metric-catalogue.ts";
import type { Metrics } from "./metrics.ts";

/** Other servers for which something waits, and those that do not take it. */
export interface DestinationCounts {
  readonly waiting: number;
  readonly failing: number;
}

/** Counts what goes to other servers and comes from them; how many wait is asked at each scrape. */
export class FederationMetrics implements FederationObserver {
  readonly #requests: Counter;
  readonly #dropped: Counter;
  readonly #transactions: Counter;
  readonly #forgotten: Counter;
  readonly #refused: Counter;
  readonly #edus: Counter;
  readonly #fetched: Counter;

  constructor(metrics: Metrics, countDestinations: () => Promise<DestinationCounts>) {
    this.#requests = metrics.add(new Counter(metricCatalogue.federationRequests));
    this.#dropped = metrics.add(new Counter(metricCatalogue.federationKeysDropped));
    this.#transactions = metrics.add(new Counter(metricCatalogue.federationTransactions));
    this.#forgotten = metrics.add(new Counter(metricCatalogue.federationMessagesForgotten));
    this.#refused = metrics.add(new Counter(metricCatalogue.serversRefused));
    this.#edus = metrics.add(new Counter(metricCatalogue.edus));
    this.#fetched = metrics.add(new Counter(metricCatalogue.deviceListsFetched));
    metrics.add(new DestinationGauge(countDestinations));
  }

  remoteAsked(kind: "claim" | "query" | "devices" | "server_keys", outcome: "answered" | "failed" | "spared"): void {
    this.#requests.add(1, kind, outcome);
  }

  remoteKeysDropped(count: number): void {
    this.#dropped.add(count);
  }

  federationTransactionEnded(outcome: "delivered" | "failed"): void {
    this.#transactions.add(1, outcome);
  }

  federationMessagesForgotten(count: number): void {
    this.#forgotten.add(count);
  }

  serverRefused(reason: "malformed" | "other_destination" | "unknown_key" | "bad_signature"): void {
    this.#refused.add(1, reason);
  }

  eduReceived(type: string, outcome: "taken" | "repeated" | "dropped"): void {
    const known: readonly string[] = metricCatalogue.edus.labels.type;
    this.#edus.add(1, known.includes(type) ? type : "other", outcome);
  }

  deviceListFetched(outcome: "fetched" | "failed" | "gone"): void {
    this.#fetched.add(1, outcome);
  }
}

class DestinationGauge implements ExposedMetric {
  readonly description = metricCatalogue.federationDestinations;
  readonly #count: () => Promise<DestinationCounts>;

  constructor(count: () => Promise<DestinationCounts>) {
    this.#count = count;
  }

  async samples(): Promise<Sample[]> {
    const { waiting, failing } = await this.#count();
    return [
      { labels: { state: "waiting" }, value: waiting },
      { labels: { state: "failing" }, value: failing },
    ];
  }
}
