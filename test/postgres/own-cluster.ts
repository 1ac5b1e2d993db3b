import type { TestContext } from "node:test";
import { type Cluster, startCluster } from "../support/postgres/cluster.ts";
import { temporaryFolder } from "./note-databases.ts";
import { tidyLater } from "./tidy.ts";

/** A durable PostgreSQL of the test's own, which it may stop, with an empty database; removed after the test. */
export async function ownCluster(t: TestContext): Promise<{ cluster: Cluster; url: string; folder: string }> {
  const cluster = await startCluster({ durable: true });
  tidyLater(t, () => cluster.remove());
  await cluster.createDatabase("claviger");
  return { cluster, url: cluster.urlOf("claviger"), folder: temporaryFolder(t) };
}
