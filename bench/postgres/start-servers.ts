import type { RunOptions } from "../benchmark.ts";
import { type RunningServer, startServer } from "../start-server.ts";
import type { BenchDatabase } from "./populate.ts";

/** Several processes of the server on one database. */
export interface RunningServers {
  readonly urls: readonly [string, ...string[]];
  stop(): Promise<void>;
}

export async function startServers(
  { workspace, profileFolder }: RunOptions,
  { config: database }: BenchDatabase,
  count: number,
): Promise<RunningServers> {
  const listeners = [{ port: 0, bind: "127.0.0.1", resources: ["client", "health", "metrics"] }];
  const servers: RunningServer[] = [];
  for (let number = 0; number < count; number++) {
    const folder = workspace.newFolder("process");
    servers.push(await startServer({ folder, profileFolder, config: { database, listeners } }));
  }
  const [first = "", ...others] = servers.map(({ url }) => url);
  return {
    urls: [first, ...others],
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}
