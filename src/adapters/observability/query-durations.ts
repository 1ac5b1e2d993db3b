import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import { Histogram } from "./histogram.ts";
import { metricCatalogue } from "./metric-catalogue.ts";

/** How long database queries took, by name. The names are written in the code, so there are only so many. */
export class QueryDurations implements ExposedMetric {
  readonly description = metricCatalogue.queryDuration;
  readonly #byName = new Map<string, Histogram>();

  observe(name: string, milliseconds: number): void {
    let durations = this.#byName.get(name);
    if (durations === undefined) {
      durations = new Histogram(this.description, 1000, { query: name });
      this.#byName.set(name, durations);
    }
    durations.observe(milliseconds);
  }

  samples(): Sample[] {
    return [...this.#byName.values()].flatMap((durations) => durations.samples());
  }
}
