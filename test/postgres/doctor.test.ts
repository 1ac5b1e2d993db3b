import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runClaviger } from "../cli/run-claviger.ts";
import { startPgbouncer } from "../support/postgres/pgbouncer.ts";
import { configOf } from "./house.ts";
import { emptyDatabase, temporaryFolder } from "./note-databases.ts";
import { ownCluster } from "./own-cluster.ts";
import { tidyLater } from "./tidy.ts";

/** What `claviger` says of this database, after the schema was made. */
async function ask(t: TestContext, command: string, url: string, database: Record<string, unknown> = {}) {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "data"));
  const { listeners: _, ...config } = configOf(join(folder, "data"), url, database);
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  return runClaviger([command], { folder });
}

test("E4: doctor refuses a cluster without fsync", async (t) => {
  const url = await emptyDatabase(t);
  assert.equal((await ask(t, "migrate", url)).code, 0);
  const { code, stdout } = await ask(t, "doctor", url);
  assert.match(stdout, /^FAIL durability: .*fsync=off/m);
  assert.equal(code, 1);
});

test("E4: doctor finds nothing wrong with a durable cluster, and tells of LISTEN through a transaction pool", async (t) => {
  const { cluster, url } = await ownCluster(t);
  assert.equal((await ask(t, "migrate", url)).code, 0);
  const well = await ask(t, "doctor", url);
  assert.equal(well.code, 0, well.stdout);
  assert.match(well.stdout, /^ok {3}durability: /m);
  assert.match(well.stdout, /^ok {3}listening: /m);
  const bouncer = await startPgbouncer({ port: cluster.port });
  if (!bouncer) {
    t.diagnostic("PgBouncer is not installed");
    return;
  }
  tidyLater(t, () => bouncer.stop());
  const pooled = await ask(t, "doctor", bouncer.urlOf("claviger"));
  assert.match(pooled.stdout, /^FAIL listening: .*listen_url/m);
  assert.equal(pooled.code, 1);
  const direct = await ask(t, "doctor", bouncer.urlOf("claviger"), { listen_url: url });
  assert.equal(direct.code, 0, direct.stdout);
});

test("doctor tells of a database that is down or not migrated, in a line, without the password", async (t) => {
  const empty = await ask(t, "doctor", await emptyDatabase(t));
  assert.match(empty.stdout, /^FAIL schema: /m);
  assert.equal(empty.code, 1);
  const down = await ask(t, "doctor", "postgres://claviger:sesame@127.0.0.1:1/claviger");
  assert.match(down.stdout, /^FAIL database: \S.*$/m);
  assert.equal(down.code, 1);
  assert.doesNotMatch(down.stdout + down.stderr, /sesame/);
});
