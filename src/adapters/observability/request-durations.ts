import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import { Histogram } from "./histogram.ts";
import { metricCatalogue } from "./metric-catalogue.ts";

/** How long requests took, by operation and class of status. Operations are those of the contracts, no more. */
export class RequestDurations implements ExposedMetric {
  readonly description = metricCatalogue.requestDuration;
  /** Per operation, the distributions at 2 for 2xx and so on. */
  readonly #byOperation = new Map<string, (Histogram | undefined)[]>();

  /** @param operationId `undefined` for a path that no contract has */
  observe(operationId: string | undefined, status: number, milliseconds: number): void {
    const operation = operationId ?? "unrouted";
    const statusClass = Math.trunc(status / 100);
    let byClass = this.#byOperation.get(operation);
    if (byClass === undefined) {
      byClass = new Array<Histogram | undefined>(6).fill(undefined);
      this.#byOperation.set(operation, byClass);
    }
    let durations = byClass[statusClass];
    if (durations === undefined) {
      durations = new Histogram(this.description, 1000, { operation, status: `${statusClass}xx` });
      byClass[statusClass] = durations;
    }
    durations.observe(milliseconds);
  }

  samples(): Sample[] {
    const all = [...this.#byOperation.values()].flat();
    return all.flatMap((durations) => durations?.samples() ?? []);
  }
}
