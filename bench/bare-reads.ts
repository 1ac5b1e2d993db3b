import type { RunOptions } from "./benchmark.ts";
import { BrokenBenchmarkError } from "./broken-benchmark-error.ts";
import { Child } from "./child/child.ts";
import { startWithRooms } from "./engines.ts";
import { answerOf } from "./floors.ts";
import type { LoadRequest } from "./load/requests-file.ts";
import { writeRooms } from "./population/write-rooms.ts";
import type { BareReads } from "./processes/bare-reads.ts";

export interface BareReader {
  /** Ms of each time. */
  run(times: number): Promise<number[]>;
  stop(): Promise<void>;
}

/** What a request reads of rooms on SQLite, traced in a server of its own, for better-sqlite3 alone. */
export async function bareReadsOf(options: RunOptions, request: LoadRequest): Promise<BareReader> {
  const server = await startWithRooms(options, "SQLite", { traced: true });
  let trace: BareReads["trace"];
  try {
    await answerOf(server.url, request);
    await server.takeTrace();
    await answerOf(server.url, request);
    trace = (await server.takeTrace()).flatMap(({ connection, sql, method, parameters }) => {
      return connection === "reader" ? [{ sql, method, parameters }] : [];
    });
  } finally {
    await server.stop();
  }
  if (trace.length === 0) throw new BrokenBenchmarkError(`${request.path} reads nothing`);
  const { path } = await options.workspace.database("rooms", writeRooms);
  const child = new Child(new URL("./processes/bare-reads.ts", import.meta.url));
  await child.call("open", { path, trace } satisfies BareReads);
  return { run: (times) => child.call("run", times), stop: () => child.stop() };
}
