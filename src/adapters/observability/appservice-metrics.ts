import type { AppserviceObserver, ProxyOutcome } from "../../domain/kernel/observer.ts";
import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import { type MetricDescription, metricCatalogue } from "./metric-catalogue.ts";
import type { Metrics } from "./metrics.ts";

/** How an appservice is at the moment. */
export interface AppserviceState {
  readonly id: string;
  /** Whether it took the last transaction. */
  readonly up: boolean;
  /** What waits for it. */
  readonly waiting: number;
  /** Ms that the first of it has waited. */
  readonly waitingFor: number;
  /** Ms for which it is not asked. */
  readonly backoff: Readonly<Record<"transactions" | "claims" | "queries", number>>;
}

/** Counts what goes to appservices and comes from them; how they are is asked at each scrape. */
export class AppserviceMetrics implements AppserviceObserver {
  readonly #transactions = new AppserviceCounter(metricCatalogue.appserviceTransactions);
  readonly #keys = new AppserviceCounter(metricCatalogue.appserviceKeys);
  readonly #dropped = new AppserviceCounter(metricCatalogue.appserviceKeysDropped);

  constructor(metrics: Metrics, appserviceIds: readonly string[], states: () => Promise<readonly AppserviceState[]>) {
    for (const counter of [this.#transactions, this.#keys, this.#dropped]) {
      for (const id of appserviceIds) counter.begin(id);
      metrics.add(counter);
    }
    const read = together(states);
    metrics.add(new AppserviceGauge(metricCatalogue.appserviceUp, read, ({ up }) => [{ value: up ? 1 : 0 }]));
    metrics.add(new AppserviceGauge(metricCatalogue.appserviceQueue, read, ({ waiting }) => [{ value: waiting }]));
    metrics.add(
      new AppserviceGauge(metricCatalogue.appserviceQueueAge, read, ({ waitingFor }) => [{ value: waitingFor / 1000 }]),
    );
    metrics.add(
      new AppserviceGauge(metricCatalogue.appserviceBackoff, read, ({ backoff }) =>
        Object.entries(backoff).map(([what, left]) => ({ labels: { what }, value: left / 1000 })),
      ),
    );
  }

  /** What became of wishes for keys, since the server began. */
  countsOf(appserviceId: string, kind: "claim" | "query"): Readonly<Record<ProxyOutcome, number>> {
    const count = (outcome: ProxyOutcome) => this.#keys.valueOf(appserviceId, { kind, outcome });
    return { answered: count("answered"), failed: count("failed"), shared: count("shared"), spared: count("spared") };
  }

  keysAsked(appserviceId: string, kind: "claim" | "query", outcome: ProxyOutcome): void {
    this.#keys.add(1, appserviceId, { kind, outcome });
  }

  keysDropped(appserviceId: string, count: number): void {
    this.#dropped.add(count, appserviceId);
  }

  transactionEnded(appserviceId: string, outcome: "delivered" | "failed"): void {
    this.#transactions.add(1, appserviceId, { outcome });
  }
}

/** Several metrics of one scrape ask at once: one reading serves them all. */
function together<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}

/** Counts by appservice and by further labels, whose values are known beforehand: every series is there from the start. */
class AppserviceCounter implements ExposedMetric {
  readonly description: MetricDescription;
  readonly #samples = new Map<string, { labels: Record<string, string>; value: number }>();

  constructor(description: MetricDescription) {
    this.description = description;
  }

  begin(appservice: string): void {
    const others = Object.entries(this.description.labels ?? {}).filter(([, values]) => typeof values !== "string");
    let series: Record<string, string>[] = [{}];
    for (const [label, values] of others) {
      series = series.flatMap((labels) => [...values].map((value) => ({ ...labels, [label]: value })));
    }
    for (const labels of series) this.add(0, appservice, labels);
  }

  add(amount: number, appservice: string, labels: Readonly<Record<string, string>> = {}): void {
    const series = nameOf(appservice, labels);
    const sample = this.#samples.get(series) ?? { labels: { appservice, ...labels }, value: 0 };
    sample.value += amount;
    this.#samples.set(series, sample);
  }

  valueOf(appservice: string, labels: Readonly<Record<string, string>>): number {
    return this.#samples.get(nameOf(appservice, labels))?.value ?? 0;
  }

  samples(): Sample[] {
    return [...this.#samples.values()];
  }
}

function nameOf(appservice: string, labels: Readonly<Record<string, string>>): string {
  return [appservice, ...Object.values(labels)].join("\0");
}

class AppserviceGauge implements ExposedMetric {
  readonly description: MetricDescription;
  readonly #states: () => Promise<readonly AppserviceState[]>;
  readonly #samplesOf: (state: AppserviceState) => readonly { labels?: Record<string, string>; value: number }[];

  constructor(
    description: MetricDescription,
    states: () => Promise<readonly AppserviceState[]>,
    samplesOf: (state: AppserviceState) => readonly { labels?: Record<string, string>; value: number }[],
  ) {
    this.description = description;
    this.#states = states;
    this.#samplesOf = samplesOf;
  }

  async samples(): Promise<Sample[]> {
    const states = await this.#states();
    return states.flatMap((state) =>
      this.#samplesOf(state).map(({ labels = {}, value }) => ({ labels: { appservice: state.id, ...labels }, value })),
    );
  }
}
