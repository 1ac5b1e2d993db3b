import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findBinaries } from "../support/postgres/binaries.ts";
import { execute } from "../support/postgres/databases.ts";
import { openServerFolder } from "../support/postgres/server-folder.ts";
import { reachableBinaries } from "../support/postgres/server-user.ts";
import { startOnFreePort } from "../support/postgres/start-on-port.ts";
import { openHouse } from "./house.ts";
import { column, rawConnection, until } from "./note-databases.ts";
import { ownCluster } from "./own-cluster.ts";
import { countEpochs, KeyHistory, untilConnectable } from "./restored-house.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { tidyLater } from "./tidy.ts";

const isThere = existsSync(join(findBinaries(), "pg_basebackup"));
const skip = isThere ? false : "pg_basebackup is not there";

/** A standby of the server on this port, made with pg_basebackup; gives its port. Removed after the test. */
async function startStandby(t: TestContext, primary: number): Promise<number> {
  const folder = openServerFolder("claviger-standby-");
  tidyLater(t, () => folder.remove());
  const binaries = reachableBinaries(findBinaries(), folder.user, folder.path);
  const data = join(folder.path, "data");
  const source = ["-h", "127.0.0.1", "-p", String(primary), "-U", "postgres"];
  const copying = folder.run(join(binaries, "pg_basebackup"), [
    ...source,
    "-D",
    data,
    "-R",
    "-X",
    "stream",
    "-c",
    "fast",
  ]);
  assert.equal(await copying.end(), "exit code 0", folder.readLog());
  return startOnFreePort(async (port) => {
    const standby = folder.run(join(binaries, "postgres"), ["-D", data, "-p", String(port), "-k", folder.path]);
    await until(() => standby.hasEnded() || folder.readLog().includes("ready to accept read-only connections"));
    if (standby.hasEnded()) throw new Error(folder.readLog());
  });
}

test("E5: a failover to a standby that lacks the last claims is noticed by running servers: nothing is given again", {
  skip,
}, async (t) => {
  const { cluster, url } = await ownCluster(t);
  const standbyPort = await startStandby(t, cluster.port);
  const standbyUrl = Object.assign(new URL(url), { port: String(standbyPort) }).href;
  const proxy = await TcpProxy.start(t, cluster.port);
  const at = proxy.through(url);
  const house = await openHouse(t, { urls: [at, at], directUrl: url }, ["alice", "bob"]);
  const history = new KeyHistory();
  await history.before(house.client(0), house.client(1, 1));
  const raw = await rawConnection(t, standbyUrl);
  await until(async () => (await column(raw, "SELECT count(*)::int FROM one_time_keys"))[0] === 8);
  // From here on the standby hears nothing more.
  await raw.query("ALTER SYSTEM SET primary_conninfo = ''");
  await raw.query("SELECT pg_reload_conf()");
  await until(async () => (await column(raw, "SELECT count(*)::int FROM pg_stat_wal_receiver"))[0] === 0);
  await history.after(house.client(0), house.client(1));
  await cluster.stop("immediate");
  await raw.query("SELECT pg_promote()");
  proxy.target = standbyPort;
  proxy.cut();
  await history.verifyRestored(house.client(0, 1), house.client(1));
  assert.ok((await countEpochs(t, standbyUrl)) >= 1);
});

test("E5: a server does not serve from a standby, and serves once it is promoted", { skip }, async (t) => {
  const { cluster, url } = await ownCluster(t);
  const proxy = await TcpProxy.start(t, cluster.port);
  const house = await openHouse(t, { urls: [proxy.through(url)], directUrl: url }, ["alice", "bob"]);
  const history = new KeyHistory();
  await history.before(house.client(0), house.client(1));
  const standbyPort = await startStandby(t, cluster.port);
  const standbyUrl = Object.assign(new URL(url), { port: String(standbyPort) }).href;
  await cluster.stop("immediate");
  proxy.target = standbyPort;
  proxy.cut();
  const wanted = { one_time_keys: { [house.client(0).userId]: { PHONE: "signed_curve25519" } } };
  assert.equal((await house.client(1).post("/keys/claim", wanted)).status, 503);
  await execute(standbyUrl, "SELECT pg_promote()");
  await untilConnectable(t, standbyUrl);
  assert.deepEqual(
    await history.claim(house.client(1), house.client(0), 10),
    [],
    "nobody knows what the standby lacks",
  );
});
