import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { migrations } from "../../src/adapters/sql/migrations/index.ts";
import { createServer } from "../../src/app.ts";
import { freePort, runClaviger } from "../cli/run-claviger.ts";
import { execute } from "../support/postgres/databases.ts";
import { createTestDatabase } from "../support/postgres/run-cluster.ts";
import { configOf, startServer } from "./house.ts";
import { column, emptyDatabase, rawConnection, temporaryFolder } from "./note-databases.ts";
import { ownCluster } from "./own-cluster.ts";
import { untilConnectable } from "./restored-house.ts";
import { tidyLater } from "./tidy.ts";

const range = (count: number) => [...Array(count).keys()];

/** `claviger serve` on a database on which it cannot: one line, exit code 1, no password. */
async function refusal(t: TestContext, url: string, serverName = "localhost"): Promise<string> {
  const folder = temporaryFolder(t);
  const config = { ...configOf(join(folder, "data"), url), server_name: serverName };
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  const { code, stderr, stdout } = await runClaviger(["serve", "--config", "claviger.yaml"], { folder });
  assert.equal(code, 1, stdout + stderr);
  assert.match(stderr, /^claviger: [^\n]+\n$/);
  assert.doesNotMatch(stdout + stderr, /sesame/);
  return stderr;
}

test("E3: a database that is down is one line with its place, exit code 1, and without the password", async (t) => {
  const port = await freePort();
  for (const host of ["127.0.0.1", "localhost"]) {
    const line = await refusal(t, `postgres://claviger:sesame@${host}:${port}/claviger`);
    assert.match(line, new RegExp(`postgres://${host}:${port}/claviger.*ECONNREFUSED`));
  }
  assert.match(await refusal(t, "postgres://claviger:sesame@no.such.host.invalid/claviger"), /no\.such\.host\.invalid/);
});

test("E3: a wrong password, a role and a database that do not exist, and a standby, are one line each", async (t) => {
  const { cluster, url } = await ownCluster(t);
  await execute(url, "CREATE ROLE guarded LOGIN PASSWORD 'right'");
  const rules = join(cluster.dataDir, "pg_hba.conf");
  writeFileSync(rules, `host all guarded 127.0.0.1/32 scram-sha-256\n${readFileSync(rules, "utf8")}`);
  await execute(url, "SELECT pg_reload_conf()");
  const as = (user: string, database = "claviger") => `postgres://${user}:sesame@127.0.0.1:${cluster.port}/${database}`;
  assert.match(await refusal(t, as("guarded")), /password authentication failed/);
  assert.match(await refusal(t, as("nobody-there")), /role "nobody-there" does not exist/);
  assert.match(await refusal(t, as("postgres", "missing")), /database "missing" does not exist/);
  await cluster.stop("fast");
  writeFileSync(join(cluster.dataDir, "standby.signal"), "");
  // Never ready for what a cluster is waited for, which is to be written to.
  const starting = cluster.start().catch(() => undefined);
  await untilConnectable(t, url);
  assert.match(await refusal(t, url), /standby/);
  await cluster.stop("immediate");
  await starting;
});

test("a database that is not in UTF-8 is one line", async (t) => {
  const { url } = await createTestDatabase();
  const other = new URL(url);
  other.pathname = `${other.pathname}_latin1`;
  const name = other.pathname.slice(1);
  await execute(url, `CREATE DATABASE ${name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
  tidyLater(t, () => execute(url, `DROP DATABASE ${name} WITH (FORCE)`));
  assert.match(await refusal(t, other.href), /LATIN1.*ENCODING 'UTF8'/);
});

test("another server name, and a schema of a newer version, are one line", async (t) => {
  const url = await emptyDatabase(t);
  await (await startServer(t, configOf(temporaryFolder(t), url))).close();
  assert.match(await refusal(t, url, "example.org"), /belongs to server_name localhost/);
  await execute(url, "INSERT INTO schema_version VALUES (99)");
  assert.match(await refusal(t, url), /99|newer/);
});

test("a database whose role may not make tables is one line", async (t) => {
  const url = await emptyDatabase(t);
  const role = `reader_${process.pid}`;
  await execute(url, `CREATE ROLE ${role} LOGIN`);
  tidyLater(t, () => execute(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => undefined));
  assert.match(await refusal(t, Object.assign(new URL(url), { username: role }).href), /permission denied/);
});

for (const count of [2, 4, 8]) {
  test(`${count} processes that start on an empty database at the same time all start`, async (t) => {
    const url = await emptyDatabase(t);
    const folder = temporaryFolder(t);
    const starting = range(count).map((index) =>
      createServer({ config: configOf(join(folder, `data${index}`), url, { pool_size: 4 }) }),
    );
    const outcomes = await Promise.allSettled(starting);
    for (const outcome of outcomes) if (outcome.status === "fulfilled") tidyLater(t, () => outcome.value.close());
    for (const outcome of outcomes)
      assert.equal(outcome.status, "fulfilled", String((outcome as { reason?: unknown }).reason));
    const made = await column(await rawConnection(t, url), "SELECT version FROM schema_version ORDER BY 1");
    assert.deepEqual(
      made,
      migrations.map((_, version) => version + 1),
    );
  });
}
