import assert from "node:assert/strict";
import { test } from "node:test";
import { migratePostgres } from "../../src/adapters/sql/dialect/postgres/migrate-postgres.ts";
import { PostgresConnections } from "../../src/adapters/sql/dialect/postgres/postgres-connections.ts";
import { migrations } from "../../src/adapters/sql/migrations/index.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { alice, east, noon, phone } from "../stores/owners.ts";
import { execute } from "../support/postgres/databases.ts";
import { openKeys } from "./key-databases.ts";
import { column, emptyDatabase, rawConnection } from "./note-databases.ts";

test("a database of version 1 becomes one of this version and keeps its data", async (t) => {
  const url = await emptyDatabase(t);
  const connections = new PostgresConnections({
    ...{ url, poolSize: 1, preparedStatements: "off", clock: systemClock, timer: () => undefined },
  });
  const made = await connections.lend((connection) => migratePostgres(connection, migrations.slice(0, 1)));
  await connections.close();
  assert.deepEqual(made, { from: 0, to: 1 });
  await execute(url, `INSERT INTO accounts VALUES ('${alice}', NULL, 0, ${noon}, NULL)`);
  const { unitOfWork, snapshots } = await openKeys(t, url);
  await unitOfWork.run({ exclusive: [alice] }, ({ federationQueue }) =>
    federationQueue.noteChange([east], alice, phone.deviceId),
  );
  assert.equal(await snapshots.read(({ accounts }) => accounts.hasAccount(alice)), true);
  assert.equal(await snapshots.read(({ federationQueue }) => federationQueue.hasWaiting(east)), true);
  const versions = await column(await rawConnection(t, url), "SELECT version FROM schema_version ORDER BY version");
  assert.deepEqual(
    versions,
    migrations.map((_, index) => index + 1),
  );
});
