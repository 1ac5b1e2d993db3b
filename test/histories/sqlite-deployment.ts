import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSeeded } from "../races/seeded-server.ts";
import { commonConfig, type Deployment, writeAccounts } from "./deployment.ts";
import { ServerProcesses } from "./server-processes.ts";

/** One process: SQLite has one writer. */
export function sqliteDeployment(): Deployment {
  const folder = mkdtempSync(join(tmpdir(), "claviger-histories-"));
  const path = join(folder, "claviger.db");
  const dataDir = join(folder, "data");
  const servers = new ServerProcesses(folder, 1, {
    ...commonConfig,
    ...{ data_dir: dataDir, database: { engine: "sqlite", path } },
  });
  return {
    processes: 1,
    // A wake is a call within the process, before the answer of what has caused it: it is late when the machine is.
    longestWake: 4000,
    async seed(accounts) {
      const database = await openSeeded(path, dataDir);
      await writeAccounts(database, accounts);
      await database.close();
    },
    start: () => servers.startAll(),
    urls: () => servers.urls(),
    kill: (process) => servers.end(process, "SIGKILL"),
    restart: (process) => servers.start(process),
    async stop() {
      const logs = await servers.endAll();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      return logs;
    },
  };
}
