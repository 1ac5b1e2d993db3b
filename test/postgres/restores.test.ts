import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Server } from "../../src/app.ts";
import { Client } from "../support/client.ts";
import { findBinaries } from "../support/postgres/binaries.ts";
import { shareRoom } from "../support/share-room.ts";
import { configOf, openHouse, startServer } from "./house.ts";
import { column, openNotes, rawConnection, until } from "./note-databases.ts";
import { ownCluster } from "./own-cluster.ts";
import { coldCopy, countEpochs, KeyHistory, putBack, retried } from "./restored-house.ts";

const users = ["alice", "bob"];

test("E5: a cold copy that is put back while the servers are stopped is noticed at the start; a crash in between repeats it", async (t) => {
  const { cluster, url, folder } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url, url] }, users);
  const history = new KeyHistory();
  await history.before(house.client(0), house.client(1));
  await coldCopy(cluster, folder);
  await history.after(house.client(0), house.client(1, 1));
  await house.close();
  await putBack(cluster, folder);
  const servers: Server[] = [];
  for (const dataDir of house.dataDirs) servers.push(await startServer(t, configOf(dataDir, url)));
  const [alice, bob] = [0, 1].map((user) => new Client(servers[user]?.url ?? "", house.client(user).account));
  assert.equal(await countEpochs(t, url), 1, "one server has answered, the other has accepted that");
  await history.verifyRestored(alice as Client, bob as Client);
  for (const server of servers) await server.close();
  // No alarm from now on.
  for (const dataDir of [...house.dataDirs, join(folder, "new")]) {
    await (await startServer(t, configOf(dataDir, url))).close();
  }
  assert.equal(await countEpochs(t, url), 1);
});

test("E5: a cold copy that is put back under running servers is noticed before anything is served from it", async (t) => {
  const { cluster, url, folder } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url, url] }, users);
  const history = new KeyHistory();
  await history.before(house.client(0), house.client(1, 1));
  await coldCopy(cluster, folder);
  await history.after(house.client(0), house.client(1));
  await history.claim(house.client(1, 1), house.client(0), 1);
  await putBack(cluster, folder);
  await history.verifyRestored(house.client(0, 1), house.client(1, 0));
  assert.ok((await countEpochs(t, url)) >= 1);
});

test("E5: a process that has written nothing since the backup notices it too, by what the others have told it", async (t) => {
  const { cluster, url, folder } = await ownCluster(t);
  let noticed = 0;
  const onRestore = async () => void noticed++;
  const [idle, busy] = [await openNotes(t, url, { onRestore }), await openNotes(t, url)];
  await idle.unitOfWork.run({}, ({ notes }) => notes.put("before"));
  await coldCopy(cluster, folder);
  await untilListening(t, url, 2);
  for (let note = 0; note < 20; note++) await busy.unitOfWork.run({}, ({ notes }) => notes.put(`after ${note}`));
  // Time for the notices: numbers that wake nobody are told every 250 ms.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await putBack(cluster, folder);
  const outcome = await idle.unitOfWork
    .run({}, ({ notes }) => notes.put("served"))
    .then(
      () => "served",
      (error: Error) => error.name,
    );
  assert.equal(outcome, "StorageUnavailableError", "it serves from a database that is older than what was done");
  await until(() => noticed > 0);
});

/** A notice reaches only those who listen: a stopped database has to be found again. */
async function untilListening(t: TestContext, url: string, count: number): Promise<void> {
  const client = await rawConnection(t, url);
  const text = "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'claviger listening'";
  await until(async () => Number((await column(client, text))[0]) === count);
  await client.end();
}

test("E5: a copy of the database is noticed, made with TEMPLATE or dumped and read in again", async (t) => {
  const { cluster, url, folder } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url] }, users);
  await new KeyHistory().before(house.client(0), house.client(1));
  await house.close();
  await cluster.createDatabase("copy", "claviger");
  const copies = [cluster.urlOf("copy")];
  const [dump, psql] = ["pg_dump", "psql"].map((name) => join(findBinaries(), name));
  if (existsSync(dump ?? "") && existsSync(psql ?? "")) {
    await cluster.createDatabase("dumped");
    const command = `'${dump}' '${url}' | '${psql}' -q -v ON_ERROR_STOP=1 '${cluster.urlOf("dumped")}'`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    copies.push(cluster.urlOf("dumped"));
  } else t.diagnostic("pg_dump is not there");
  for (const [index, copy] of copies.entries()) {
    // With the old data directory, and with a new one.
    for (const dataDir of [house.dataDirs[0] ?? "", join(folder, `fresh${index}`)]) {
      await (await startServer(t, configOf(dataDir, copy))).close();
      assert.equal(await countEpochs(t, copy), 1, copy);
    }
  }
});

test("E5: the operator's --restored drops what there is, once", async (t) => {
  const { url } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url] }, users);
  const history = new KeyHistory();
  await history.before(house.client(0), house.client(1));
  await history.after(house.client(0), house.client(1));
  await house.close();
  const told = await startServer(t, configOf(house.dataDirs[0] ?? "", url), { restored: true });
  const [alice, bob] = [0, 1].map((user) => new Client(told.url, house.client(user).account));
  await history.verifyRestored(alice as Client, bob as Client);
  await told.close();
  await (await startServer(t, configOf(house.dataDirs[0] ?? "", url))).close();
  assert.equal(await countEpochs(t, url), 1);
});

test("E5: a sync with a token from before the restore is told of everything: what it has seen since the backup is undone", async (t) => {
  const { cluster, url, folder } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url] }, users);
  const [alice, bob] = [house.client(0), house.client(1)];
  await shareRoom(alice, bob);
  const put = (color: string) => alice.request("PUT", `/user/${alice.userId}/account_data/m.test`, { color });
  assert.equal((await put("red")).status, 200);
  await coldCopy(cluster, folder);
  assert.equal((await retried(() => put("blue"))).status, 200);
  assert.equal((await bob.upload({ device_keys: bob.keys.deviceKeys() })).status, 200);
  const { next_batch: since } = await alice.sync();
  await house.close();
  await putBack(cluster, folder);
  const { url: at } = await startServer(t, configOf(house.dataDirs[0] ?? "", url));
  const synced = await new Client(at, alice.account).sync(since);
  assert.deepEqual(synced.device_lists.changed.sort(), [alice.userId, bob.userId], "bob's device has no keys any more");
  assert.deepEqual(synced.account_data.events, [{ type: "m.test", content: { color: "red" } }]);
});

test("E5: processes without a high-water file join, and leave, without an alarm", async (t) => {
  const { url, folder } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url] }, users);
  for (let round = 0; round < 3; round++) {
    const joined = await startServer(t, configOf(join(folder, "joined"), url));
    const client = new Client(joined.url, house.client(0).account);
    assert.equal((await client.upload({ one_time_keys: client.keys.oneTimeKeys(3, `${round}x`) })).status, 200);
    await joined.close();
    rmSync(join(folder, "joined"), { recursive: true });
  }
  assert.equal(await countEpochs(t, url), 0);
});
