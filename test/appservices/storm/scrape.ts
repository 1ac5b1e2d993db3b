import type { Connection } from "./connection.ts";

/** What a server's process says of itself. */
export interface ProcessSample {
  /** Bytes. */
  readonly rss: number;
  readonly heap: number;
  /** Seconds, since it began. */
  readonly cpu: number;
  /** Seconds, since the sample before. */
  readonly lagMax: number;
  readonly lagP99: number;
  readonly openFiles: number;
}

/** Reads `/metrics`; always over the same connection, which is itself an open file. */
export async function sampleProcess(connection: Connection): Promise<ProcessSample> {
  const { text } = await connection.send("GET", "/metrics", {});
  return {
    rss: readValue(text, "process_resident_memory_bytes"),
    heap: readValue(text, "nodejs_heap_size_used_bytes"),
    cpu: readValue(text, "process_cpu_seconds_total"),
    lagMax: readValue(text, "nodejs_eventloop_lag_max_seconds"),
    lagP99: readValue(text, "nodejs_eventloop_lag_p99_seconds"),
    openFiles: readValue(text, "process_open_fds"),
  };
}

function readValue(text: string, name: string): number {
  const value = new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "m").exec(text)?.[1];
  if (value === undefined) throw new Error(`/metrics has no ${name}`);
  return Number(value);
}
