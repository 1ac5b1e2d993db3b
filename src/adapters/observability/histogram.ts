import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import type { HistogramDescription } from "./metric-catalogue.ts";

/** One distribution. Observing is a scan of a few bounds and two additions. */
export class Histogram implements ExposedMetric {
  readonly description: HistogramDescription;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #perUnit: number;
  readonly #bounds: Float64Array;
  /** Per bucket, not cumulated; the last is above every bound. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param perUnit how many of what is observed make one of the metric's unit: 1000 where ms become seconds */
  constructor(description: HistogramDescription, perUnit = 1, labels: Readonly<Record<string, string>> = {}) {
    this.description = description;
    this.#labels = labels;
    this.#perUnit = perUnit;
    this.#bounds = Float64Array.from([...description.bounds, Number.POSITIVE_INFINITY], (bound) => bound * perUnit);
    this.#counts = new Float64Array(this.#bounds.length);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (value > (bounds[bucket] as number)) bucket++;
    (this.#counts[bucket] as number)++;
    this.#sum += value;
  }

  samples(): Sample[] {
    const { name, bounds } = this.description;
    const labels = this.#labels;
    let upTo = 0;
    const buckets = Array.from(this.#counts, (count, at) => {
      upTo += count;
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bounds[at] ?? "+Inf") }, value: upTo };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum / this.#perUnit },
      { metricName: `${name}_count`, labels, value: upTo },
    ];
  }
}
