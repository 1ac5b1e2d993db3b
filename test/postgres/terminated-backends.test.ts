import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openHouse } from "./house.ts";
import { KeyLoad, loadClients, loadUsers } from "./key-load.ts";
import { column, emptyDatabase, openNotes, rawConnection, until } from "./note-databases.ts";

const terminate = (which: string) => `SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${which}`;

test("S5: a process whose listening connection is ended goes on, listens again, and wakes everybody", async (t) => {
  const url = await emptyDatabase(t);
  let wakes = 0;
  const woken: string[] = [];
  const database = await openNotes(t, url, { wakeAll: () => wakes++, wake: (users) => woken.push(...users) });
  const raw = await rawConnection(t, url);
  for (let round = 1; round <= 3; round++) {
    assert.deepEqual(await column(raw, terminate("application_name = 'claviger listening'")), [1]);
    await until(() => wakes >= round);
  }
  await database.unitOfWork.run({}, ({ notes }) => notes.put("afterwards"));
  const notice = JSON.stringify(["another process", "", ["@alice:example.org"], 0]);
  await raw.query("SELECT pg_notify('claviger_wake', $1)", [notice]);
  await until(() => woken.includes("@alice:example.org"));
});

test("E4: a process whose idle connections are all ended serves the next request", async (t) => {
  const url = await emptyDatabase(t);
  const database = await openNotes(t, url);
  const raw = await rawConnection(t, url);
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      [1, 2, 3].map((note) => database.unitOfWork.run({}, ({ notes }) => notes.put(`${round} ${note}`))),
    );
    await raw.query(terminate("state = 'idle'"));
    const notes = await database.snapshots.read(({ notes }) => notes.listNotes());
    assert.equal(notes.length, (round + 1) * 3);
  }
});

test("C1, S3, E4: backends ended at random under load cost nothing that was answered, and nobody sees a 500", async (t) => {
  const url = await emptyDatabase(t);
  const house = await openHouse(t, { urls: [url, url] }, loadUsers);
  const load = new KeyLoad(loadClients(house.client, 2));
  const raw = await rawConnection(t, url);
  load.start();
  let ended = 0;
  for (let round = 0; round < 60; round++) {
    await load.untilServed(5);
    const which = round % 10 === 9 ? "true" : "random() < 0.4 AND state <> 'idle'";
    ended += Number((await column(raw, terminate(which)))[0]);
    await sleep(10);
  }
  await load.untilServed(100);
  await load.stop();
  await load.verify(url);
  t.diagnostic(`${ended} backends ended: ${load.summary()}`);
  assert.ok(ended > 20, `${ended} backends ended`);
});
