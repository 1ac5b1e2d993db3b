import type { ExposedMetric, Sample } from "./exposed-metric.ts";
import type { CounterDescription } from "./metric-catalogue.ts";

interface Series {
  readonly labels: Record<string, string>;
  value: number;
}

/** Counts, by the values of its labels, which are closed sets: every series is there from the start, at 0. */
export class Counter implements ExposedMetric {
  readonly description: CounterDescription;
  readonly #series = new Map<string, Series>();

  constructor(description: CounterDescription) {
    this.description = description;
    let all: Record<string, string>[] = [{}];
    for (const [label, values] of Object.entries(description.labels ?? {})) {
      all = all.flatMap((labels) => [values].flat().map((value) => ({ ...labels, [label]: value })));
    }
    for (const labels of all) this.#series.set(Object.values(labels).join(" "), { labels, value: 0 });
  }

  /** @param labelValues in the order in which its description names the labels; another value than those is not counted */
  add(amount: number, ...labelValues: readonly string[]): void {
    const series = this.#series.get(labelValues.join(" "));
    if (series) series.value += amount;
  }

  samples(): Sample[] {
    return Array.from(this.#series.values(), ({ labels, value }) => ({ labels, value }));
  }
}
