import type { Registry } from "prom-client";

/** The process has one event loop and one heap however many servers run in it, so these alone are not per server. */
let ofThisProcess: Registry | undefined;

/** No sample since the last scrape makes these NaN or 292 years; the percentiles and the maximum become 0. */
const misleading = ["min", "mean", "stddev"].map((what) => `nodejs_eventloop_lag_${what}_seconds`);

/**
 * prom-client's metrics of the process: CPU, memory, file descriptors, garbage collection, event-loop lag. Measuring
 * begins with the first call and goes on as long as the process: prom-client cannot stop its samplers, so there must
 * not be one set per server.
 */
export async function processRegistry(): Promise<Registry> {
  const { Registry, collectDefaultMetrics } = await import("prom-client");
  if (ofThisProcess === undefined) {
    ofThisProcess = new Registry();
    collectDefaultMetrics({ register: ofThisProcess, eventLoopMonitoringPrecision: 20 });
    for (const name of misleading) ofThisProcess.removeSingleMetric(name);
  }
  return ofThisProcess;
}
