import type { Metric } from "prom-client";
import type { MetricDescription } from "./metric-catalogue.ts";

/** One line of a scrape. */
export interface Sample {
  /** Where it is not the metric's own: `..._bucket`, `..._sum`, `..._count`. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric that counts in memory of its own and is asked for its samples only by a scrape. */
export interface ExposedMetric {
  readonly description: MetricDescription;
  samples(): Sample[] | Promise<Sample[]>;
}

/**
 * The metric as a prom-client registry takes it. prom-client's own classes hash the labels at every observation,
 * which costs more than the claim's fastest query; a registry asks of a metric no more than this.
 */
export function forRegistry(metric: ExposedMetric): Metric {
  const { name, kind, help } = metric.description;
  const registered = { name, help, get: async () => ({ name, help, type: kind, values: await metric.samples() }) };
  return registered as unknown as Metric;
}
