import { migratePostgres } from "../../../src/adapters/sql/dialect/postgres/migrate-postgres.ts";
import { PostgresConnections } from "../../../src/adapters/sql/dialect/postgres/postgres-connections.ts";
import { systemClock } from "../../../src/adapters/system/system-clock.ts";
import type { Cluster } from "./cluster.ts";
import { execute } from "./databases.ts";

const name = "claviger_migrated";

/** Makes a database with the server's tables, and nothing in them, and gives its name. Nobody can connect to it. */
export async function makeMigratedTemplate(cluster: Cluster): Promise<string> {
  await cluster.createDatabase(name);
  const connections = new PostgresConnections({
    ...{ url: cluster.urlOf(name), poolSize: 1, preparedStatements: "off", clock: systemClock, timer: () => undefined },
  });
  await connections.lend((connection) => migratePostgres(connection));
  await connections.close();
  await execute(cluster.urlOf("postgres"), `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
  return name;
}
