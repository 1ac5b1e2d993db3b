import assert from "node:assert/strict";
import { test } from "node:test";
import { createStores } from "../../src/adapters/sql/create-stores.ts";
import { migrateSqlite } from "../../src/adapters/sql/dialect/sqlite/migrate-sqlite.ts";
import { openSqlite } from "../../src/adapters/sql/dialect/sqlite/open-sqlite.ts";
import { SqliteConnection } from "../../src/adapters/sql/dialect/sqlite/sqlite-connection.ts";
import { migrations } from "../../src/adapters/sql/migrations/index.ts";
import { alice, east, noon, phone } from "../stores/owners.ts";
import { notesIn, stillClock, temporaryFolder } from "./open-notes.ts";

test("a database of version 1 becomes one of this version and keeps its data", async (t) => {
  const options = notesIn(temporaryFolder(t));
  const first = new SqliteConnection(options.path, { readonly: false, clock: stillClock, timer: () => undefined });
  assert.deepEqual(migrateSqlite(first, migrations.slice(0, 1)), { from: 0, to: 1 });
  first.raw.prepare("INSERT INTO accounts VALUES (?, NULL, 0, ?, NULL)").run(alice, noon);
  first.raw.close();
  const database = await openSqlite(options, createStores);
  await database.unitOfWork.run({ exclusive: [alice] }, ({ federationQueue }) =>
    federationQueue.noteChange([east], alice, phone.deviceId),
  );
  assert.equal(await database.snapshots.read(({ accounts }) => accounts.hasAccount(alice)), true);
  assert.equal(await database.snapshots.read(({ federationQueue }) => federationQueue.hasWaiting(east)), true);
  await database.close();
  const again = new SqliteConnection(options.path, { readonly: false, clock: stillClock, timer: () => undefined });
  assert.deepEqual(migrateSqlite(again), { from: migrations.length, to: migrations.length });
  again.raw.close();
});
