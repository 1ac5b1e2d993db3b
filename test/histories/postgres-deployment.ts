import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { openDatabase } from "../../src/adapters/sql/open-database.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { createMigratedDatabase } from "../support/postgres/run-cluster.ts";
import { commonConfig, type Deployment, writeAccounts } from "./deployment.ts";
import { ServerProcesses } from "./server-processes.ts";

/** Connections of each process. */
const poolSize = 8;

/** Several processes with one database in PostgreSQL. */
export async function postgresDeployment(processes: number): Promise<Deployment> {
  const database = await createMigratedDatabase();
  const { url } = database;
  const folder = mkdtempSync(join(tmpdir(), "claviger-histories-"));
  const section = { engine: "postgres", url, pool_size: poolSize };
  const servers = new ServerProcesses(folder, processes, { ...commonConfig, database: section });
  const own = new Client({ connectionString: url });
  await own.connect();
  return {
    processes,
    // Lost notices are made good within two seconds (docs/decisions/0010), and the machine is busy.
    longestWake: 6000,
    async seed(accounts) {
      const opened = await openDatabase(
        { engine: "postgres", url, poolSize, listenUrl: undefined, preparedStatements: "auto" },
        {
          ...{ dataDir: join(folder, "data"), serverName: "localhost", role: "command", watchdog: false },
          ...{ clock: systemClock, random: systemRandom, wake: () => undefined, wakeAll: () => undefined },
          ...{ timer: () => undefined, onRestore: async () => undefined },
        },
      );
      await writeAccounts(opened, accounts);
      await opened.close();
    },
    start: () => servers.startAll(),
    urls: () => servers.urls(),
    kill: (process) => servers.end(process, "SIGKILL"),
    restart: (process) => servers.start(process),
    async killConnections(share) {
      const { rowCount } = await own.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < $1`,
        [share],
      );
      return rowCount ?? 0;
    },
    async stop() {
      const logs = await servers.endAll();
      await own.end();
      await database.drop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      return logs;
    },
  };
}
