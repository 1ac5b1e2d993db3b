import { Child } from "../child/child.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

/** Where there is no `wrk`. It takes more CPU time for itself, so that ratios to a fast floor look better than they are. */
export async function runAutocannon(options: LoadOptions): Promise<LoadResult> {
  const children = options.urls.map(() => new Child(new URL("../processes/autocannon.ts", import.meta.url)));
  const connections = Math.floor(options.connections / children.length);
  try {
    const runs = children.map((child, number) => child.call<LoadResult>("run", { ...options, connections, number }));
    return together(await Promise.all(runs));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

/** Of the latencies those of the slower server. */
function together(results: readonly LoadResult[]): LoadResult {
  const sum = (field: "requests" | "failed") => results.reduce((total, result) => total + result[field], 0);
  const most = (field: "seconds" | "p50" | "p99" | "next") => Math.max(...results.map((result) => result[field]));
  const [requests, failed] = [sum("requests"), sum("failed")];
  return { requests, failed, seconds: most("seconds"), p50: most("p50"), p99: most("p99"), next: most("next") };
}
