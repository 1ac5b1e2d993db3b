import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import type { GaugeDescription } from "./metric-catalogue.ts";

/** A value that is read when it is scraped. */
export class Gauge implements ExposedMetric {
  readonly description: GaugeDescription;
  readonly #read: () => number;
  readonly #labels: Readonly<Record<string, string>>;

  constructor(description: GaugeDescription, read: () => number, labels: Readonly<Record<string, string>> = {}) {
    this.description = description;
    this.#read = read;
    this.#labels = labels;
  }

  samples(): Sample[] {
    return [{ labels: this.#labels, value: this.#read() }];
  }
}
