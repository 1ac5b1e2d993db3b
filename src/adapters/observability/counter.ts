import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import type { CounterDescription } from "./metric-catalogue.ts";

/** Counts, by the value of its label where it has one, a closed set: every series is there from the start, at 0. */
export class Counter implements ExposedMetric {
  readonly description: CounterDescription;
  readonly #label: string | undefined;
  readonly #counts: Map<string, number>;

  constructor(description: CounterDescription) {
    this.description = description;
    const [label, values] = Object.entries(description.labels ?? {})[0] ?? [undefined, [""]];
    this.#label = label;
    this.#counts = new Map([values].flat().map((value) => [value, 0]));
  }

  /** @param labelValue left out for a counter without a label */
  add(amount: number, labelValue = ""): void {
    this.#counts.set(labelValue, (this.#counts.get(labelValue) ?? 0) + amount);
  }

  samples(): Sample[] {
    const label = this.#label;
    return Array.from(this.#counts, ([labelValue, value]) => ({
      labels: label === undefined ? {} : { [label]: labelValue },
      value,
    }));
  }
}
