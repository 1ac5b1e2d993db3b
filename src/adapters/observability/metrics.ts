import { type ExposedMetric, forRegistry } from "./exposed-metric.ts";
import { processRegistry } from "./process-metrics.ts";

/** The metrics of one server. Several may run in a process, so none is in prom-client's global registry. */
export class Metrics {
  readonly contentType = "text/plain; version=0.0.4; charset=utf-8";
  readonly #exposed = new Map<string, ExposedMetric>();

  /**
   * Shows `metric` in every scrape from now on, and returns it.
   *
   * @throws Error when there is one of that name
   */
  add<Kind extends ExposedMetric>(metric: Kind): Kind {
    const { name } = metric.description;
    if (this.#exposed.has(name)) throw new Error(`There are two metrics of the name ${name}`);
    this.#exposed.set(name, metric);
    return metric;
  }

  /** Everything in Prometheus' text format, the process's own metrics too. */
  async metricsText(): Promise<string> {
    // Loaded here because it takes 50 ms, which a server that nobody scrapes need not spend at its start.
    const { Registry } = await import("prom-client");
    const own = new Registry();
    for (const metric of this.#exposed.values()) own.registerMetric(forRegistry(metric));
    return Registry.merge([own, await processRegistry()]).metrics();
  }
}
