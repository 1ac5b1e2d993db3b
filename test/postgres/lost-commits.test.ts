import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedCluster } from "../support/postgres/run-cluster.ts";
import { openHouse } from "./house.ts";
import { column, emptyDatabase, openNotes, rawConnection, until } from "./note-databases.ts";
import { type Fault, TcpProxy } from "./tcp-proxy.ts";

const range = (count: number) => [...Array(count).keys()];
const faults: readonly Fault[] = ["answer lost", "request lost"];
const keyIdsText = "SELECT key_id FROM one_time_keys ORDER BY upload_order";

async function proxyTo(t: Parameters<typeof emptyDatabase>[0]) {
  const url = await emptyDatabase(t);
  const proxy = await TcpProxy.start(t, (await sharedCluster()).port);
  return { url, proxy };
}

for (const fault of faults) {
  test(`E4: units whose COMMIT was under way are told that nobody knows, and are not run again (${fault})`, async (t) => {
    const { url, proxy } = await proxyTo(t);
    const database = await openNotes(t, proxy.through(url));
    const struck = proxy.breakNextCommit(fault, "notes.put");
    const runs = range(10).map(() => 0);
    const outcomes = await Promise.allSettled(
      range(10).map((index) =>
        database.unitOfWork.run({ exclusive: [`${index}`] }, async ({ notes }) => {
          runs[index]! += 1;
          if (index === 4) throw new Error("its own error");
          await notes.put(`note ${index}`);
        }),
      ),
    );
    await struck;
    assert.deepEqual(
      runs,
      range(10).map(() => 1),
    );
    for (const [index, outcome] of outcomes.entries()) {
      assert.equal(outcome.status === "rejected" && outcome.reason.message === "its own error", index === 4);
      if (index !== 4) assert.equal((outcome as PromiseRejectedResult).reason.name, "CommitUnknownError");
    }
    const stored = await database.snapshots.read(({ notes }) => notes.listNotes());
    assert.equal(stored.length, fault === "answer lost" ? 9 : 0);
    await database.unitOfWork.run({}, ({ notes }) => notes.put("afterwards"));
  });

  test(`C1, E4: a claim whose COMMIT was under way is 503, and its key is nobody else's (${fault})`, async (t) => {
    const { url, proxy } = await proxyTo(t);
    const house = await openHouse(t, { urls: [proxy.through(url)], directUrl: url }, ["alice", "bob"]);
    const [alice, bob] = [house.client(0), house.client(1)];
    for (const name of ["A", "B", "C"]) await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(1, name) });
    const struck = proxy.breakNextCommit(fault, "one_time_keys.take");
    const wanted = { one_time_keys: { [alice.userId]: { PHONE: "signed_curve25519" } } };
    const answer = await bob.post("/keys/claim", wanted);
    await struck;
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
    const left = await column(await rawConnection(t, url), keyIdsText);
    const pool = ["signed_curve25519:A0", "signed_curve25519:B0", "signed_curve25519:C0"];
    assert.deepEqual(left, fault === "answer lost" ? pool.slice(1) : pool);
    const given: (string | undefined)[] = [];
    for (const _ of pool) given.push((await bob.claim(alice.userId, "PHONE"))?.[0]);
    assert.deepEqual(given, [...left, undefined].slice(0, 3));
  });

  test(`K5, S3, E4: an upload and a message whose COMMIT was under way are 503, and are once there when repeated (${fault})`, async (t) => {
    const { url, proxy } = await proxyTo(t);
    const house = await openHouse(t, { urls: [proxy.through(url)], directUrl: url }, ["alice", "bob"]);
    const [alice, bob] = [house.client(0), house.client(1)];
    const keys = { one_time_keys: alice.keys.oneTimeKeys(5), fallback_keys: alice.keys.fallbackKey() };
    let struck = proxy.breakNextCommit(fault, "one_time_keys.insert");
    assert.equal((await alice.upload(keys)).status, 503);
    await struck;
    const again = await alice.upload(keys);
    assert.deepEqual([again.status, again.body.one_time_key_counts], [200, { signed_curve25519: 5 }]);
    const message = { [bob.userId]: { PHONE: { text: "once" } } };
    struck = proxy.breakNextCommit(fault, "to_device.deliver");
    assert.equal((await alice.send("m.test", "t1", message)).status, 503);
    await struck;
    for (const _ of range(2)) assert.equal((await alice.send("m.test", "t1", message)).status, 200);
    const { to_device: received } = await bob.sync();
    assert.deepEqual(received.events, [{ sender: alice.userId, type: "m.test", content: { text: "once" } }]);
  });
}

test("S5: a message whose COMMIT was done and whose answer was lost wakes those who wait, in both processes", async (t) => {
  const { url, proxy } = await proxyTo(t);
  const house = await openHouse(t, { urls: [proxy.through(url), url] }, ["alice", "bob", "carol"]);
  const alice = house.client(0);
  const [bob, carol] = [house.client(1, 0), house.client(2, 1)];
  // Whoever is sent a message for the first time hears of the sender too.
  const messages = { [bob.userId]: { PHONE: {} }, [carol.userId]: { PHONE: {} } };
  assert.equal((await alice.send("m.test", "t0", messages)).status, 200);
  const waiting = await Promise.all(
    [bob, carol].map(async (client) => {
      const { next_batch: first } = await client.sync();
      const { next_batch: since } = await client.sync(first);
      const began = performance.now();
      return {
        client,
        sync: client.sync(since, 60_000).then((answer) => ({ answer, took: performance.now() - began })),
      };
    }),
  );
  const struck = proxy.breakNextCommit("answer lost", "to_device.deliver");
  assert.equal((await alice.send("m.test", "t1", messages)).status, 503);
  await struck;
  for (const { client, sync } of waiting) {
    const { answer, took } = await sync;
    assert.equal(answer.to_device.events.length, 1, `${client.userId} was woken`);
    assert.ok(took < 50_000, `${client.userId} waited for its timeout: nobody woke it`);
  }
});

test("E4: connections cut again and again under load lose nothing that was answered, and store nothing twice", async (t) => {
  const { url, proxy } = await proxyTo(t);
  const { unitOfWork } = await openNotes(t, proxy.through(url));
  const answered: string[] = [];
  let left = 8;
  const write = async (writer: number) => {
    for (const round of range(20)) {
      const text = `${writer} ${round}`;
      const outcome = await unitOfWork
        .run({ exclusive: [`${writer}`] }, async ({ notes }) => {
          await notes.put(text);
          await notes.announce(text);
        })
        .then(
          () => "stored",
          (error: Error) => error.name,
        );
      if (outcome === "stored") answered.push(text);
      else assert.match(outcome, /^(CommitUnknown|StorageUnavailable)Error$/);
    }
    left--;
  };
  const cut = async () => {
    let cuts = 0;
    while (left > 0) {
      const seen = answered.length;
      await new Promise((resolve) => setTimeout(resolve, 15));
      // However slow the machine, something is answered now and then.
      if (cuts % 4 === 0) await until(() => left === 0 || answered.length > seen);
      proxy.cut();
      cuts++;
    }
    t.diagnostic(`${cuts} cuts, ${answered.length} of 160 answered`);
  };
  await Promise.all([...range(8).map(write), cut()]);
  const raw = await rawConnection(t, url);
  const notes = new Set(await column(raw, "SELECT filter_id FROM filters"));
  const announced = new Set(await column(raw, "SELECT type FROM account_data"));
  for (const text of answered) assert.ok(notes.has(text) && announced.has(text), `${text} was answered`);
  assert.deepEqual(announced, notes, "each unit is stored whole");
});
