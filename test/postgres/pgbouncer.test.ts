import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { newClient } from "../support/client.ts";
import { type Pgbouncer, startPgbouncer } from "../support/postgres/pgbouncer.ts";
import { sharedCluster } from "../support/postgres/run-cluster.ts";
import { openHouse } from "./house.ts";
import { KeyLoad, loadClients, loadUsers } from "./key-load.ts";
import { emptyDatabase, openNotes } from "./note-databases.ts";
import { retried } from "./restored-house.ts";
import { tidyLater } from "./tidy.ts";

const range = (count: number) => [...Array(count).keys()];

async function bouncerFor(t: TestContext): Promise<Pgbouncer | undefined> {
  const { port } = await sharedCluster();
  const bouncer = await startPgbouncer({ port, poolMode: "transaction", defaultPoolSize: 5 });
  if (bouncer) tidyLater(t, () => bouncer.stop());
  else t.skip("no PgBouncer here: it is not to be had from npm, and CI installs it where it can");
  return bouncer;
}

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

for (const preparedStatements of ["off", "auto"] as const) {
  test(`two processes behind a transaction pool of 5 serve the whole walk (prepared_statements: ${preparedStatements})`, async (t) => {
    const direct = await emptyDatabase(t);
    const bouncer = await bouncerFor(t);
    if (!bouncer) return;
    const url = bouncer.urlOf(databaseOf(direct));
    const database = { listen_url: direct, prepared_statements: preparedStatements, pool_size: 20 };
    const house = await openHouse(t, { urls: [url, url], directUrl: direct, database }, ["alice", "bob"]);
    const dora = await newClient(house.servers[1]?.url ?? "", "dora");
    const [alice, bob] = [house.client(0, 0), house.client(1, 1)];
    const keys = { device_keys: alice.keys.deviceKeys(), one_time_keys: alice.keys.oneTimeKeys(40) };
    assert.equal((await retried(() => alice.upload(keys))).body.one_time_key_counts.signed_curve25519, 40);
    const wanted = { one_time_keys: { [alice.userId]: { PHONE: "signed_curve25519" } } };
    const answers = await Promise.all(
      range(60).map((index) => (index % 2 === 0 ? bob : dora).post("/keys/claim", wanted)),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    const given = answers.flatMap(({ body }) => Object.keys(body.one_time_keys[alice.userId]["PHONE"]));
    assert.deepEqual([given.length, new Set(given).size], [40, 40]);
    // A sync that waits at one process is woken by a message through the other.
    const { next_batch: first } = await alice.sync();
    await retried(() => bob.send("m.test", "t1", { [alice.userId]: { PHONE: { n: 1 } } }));
    let since = first;
    let events: { content: { n: number } }[] = [];
    while (events.length === 0) {
      const synced = await alice.sync(since, 60_000);
      since = synced.next_batch;
      events = synced.to_device.events;
    }
    assert.deepEqual(events[0]?.content, { n: 1 });
    assert.ok((await alice.query(dora.userId)).device_keys[dora.userId]);
  });

  test(`processes that start one after another behind one pool all open (prepared_statements: ${preparedStatements})`, async (t) => {
    const direct = await emptyDatabase(t);
    const bouncer = await bouncerFor(t);
    if (!bouncer) return;
    const url = bouncer.urlOf(databaseOf(direct));
    for (const index of range(6)) {
      const database = await openNotes(t, url, { listenUrl: direct, preparedStatements });
      await Promise.all(
        range(20).map((note) => database.unitOfWork.run({}, ({ notes }) => notes.put(`${index} ${note}`))),
      );
      assert.equal((await database.snapshots.read(({ notes }) => notes.listNotes())).length, (index + 1) * 20);
    }
  });
}

test("C1, S3: load through a transaction pool loses nothing and gives nothing twice", async (t) => {
  const direct = await emptyDatabase(t);
  const bouncer = await bouncerFor(t);
  if (!bouncer) return;
  const url = bouncer.urlOf(databaseOf(direct));
  const house = await openHouse(
    t,
    { urls: [url, url], directUrl: direct, database: { listen_url: direct } },
    loadUsers,
  );
  const load = new KeyLoad(loadClients(house.client, 2));
  load.start();
  await load.untilServed(500);
  await load.stop();
  await load.verify(direct);
  t.diagnostic(load.summary());
});
