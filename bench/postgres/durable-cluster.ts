import { type Cluster, startCluster } from "../../test/support/postgres/cluster.ts";
import { execute } from "../../test/support/postgres/databases.ts";

/**
 * As of an installation that somebody has looked after: the defaults are for the smallest machines. Checkpoints run between
 * the rounds.
 */
export const settings = { shared_buffers: "1GB", max_wal_size: "16GB", checkpoint_timeout: "1h" };

let running: Promise<Cluster> | undefined;

/** The PostgreSQL of all benchmarks, with fsync. It ends with this process. */
export function durableCluster(): Promise<Cluster> {
  running ??= start();
  return running;
}

async function start(): Promise<Cluster> {
  const cluster = await startCluster({ durable: true });
  const statements = Object.entries(settings).map(([name, value]) => `ALTER SYSTEM SET ${name} = '${value}'`);
  await execute(cluster.urlOf("postgres"), ...statements);
  await cluster.stop("fast");
  await cluster.start();
  return cluster;
}
