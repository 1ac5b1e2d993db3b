import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hurriedClock, openHouse } from "./house.ts";
import { KeyLoad, loadClients, loadUsers } from "./key-load.ts";
import { column, rawConnection } from "./note-databases.ts";
import { ownCluster } from "./own-cluster.ts";

const epochText = "SELECT (position / 1099511627776)::int FROM stream";

test("C1, S3, E4, E5: a database that crashes and recovers 5 times under load loses nothing that was answered, and is not taken for restored", async (t) => {
  const { cluster, url } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url, url] }, loadUsers);
  const load = new KeyLoad(loadClients(house.client, 2));
  load.start();
  for (let round = 0; round < 5; round++) {
    await load.untilServed(30);
    await cluster.stop("immediate");
    if (round % 2 === 0) await sleep(300);
    await cluster.start();
  }
  await load.untilServed(100);
  await load.stop();
  await load.verify(url);
  t.diagnostic(load.summary());
  assert.deepEqual(await column(await rawConnection(t, url), epochText), [0], "no restore was answered");
});

test("E1, E4: while the database is down every request is answered with 503 and Retry-After, /health too, and it recovers by itself", async (t) => {
  const { cluster, url } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url], clock: hurriedClock }, ["alice", "bob"]);
  const [alice, bob] = [house.client(0), house.client(1)];
  const keys = { device_keys: alice.keys.deviceKeys(), one_time_keys: alice.keys.oneTimeKeys(3) };
  assert.equal((await alice.upload(keys)).status, 200);
  const { next_batch: since } = await alice.sync();
  const { next_batch: told } = await alice.sync(since);
  const waiting = alice.get(`/sync?since=${told}&timeout=60000`);
  await cluster.stop("fast");
  const wanted = { one_time_keys: { [alice.userId]: { [alice.deviceId]: "signed_curve25519" } } };
  const requests = () => [
    bob.post("/keys/claim", wanted),
    bob.post("/keys/query", { device_keys: { [alice.userId]: [] } }),
    bob.upload({ one_time_keys: bob.keys.oneTimeKeys(2) }),
    bob.send("m.test", "t1", { [alice.userId]: { PHONE: {} } }),
    bob.get("/sync"),
    bob.get("/account/whoami"),
    alice.get(`/keys/changes?from=${told}&to=${told}`),
  ];
  const answers = await Promise.all([...requests(), ...requests(), ...requests()]);
  for (const { status, headers, body } of answers) {
    assert.equal(status, 503, JSON.stringify(body));
    assert.ok(Number(headers.get("retry-after")) > 0);
    assert.doesNotMatch(JSON.stringify(body), /postgres|ECONN|127\.0\.0\.1/i);
  }
  const health = await fetch(`${house.servers[0]?.url}/health`);
  assert.notEqual(health.status, 200);
  await cluster.start();
  let recovered = 0;
  while (recovered !== 200) recovered = (await bob.get("/sync")).status;
  assert.equal((await fetch(`${house.servers[0]?.url}/health`)).status, 200);
  assert.ok(await bob.claim(alice.userId, alice.deviceId));
  // The sync that waited all the while is woken by the claim, if nothing woke it while there was no database.
  const { status, body } = await waiting;
  assert.ok(status === 200 || status === 503, JSON.stringify(body));
  const now = status === 200 ? body : await alice.sync(told);
  assert.deepEqual(now.device_one_time_keys_count, { signed_curve25519: 2 });
});

test("E4: a server that is closed while the database is down answers what is under way, and ends", async (t) => {
  const { cluster, url } = await ownCluster(t);
  const house = await openHouse(t, { urls: [url], clock: hurriedClock }, ["alice"]);
  await cluster.stop("immediate");
  const { accessToken } = house.accounts[0] ?? {};
  // A client that keeps its connection would be waited for.
  const headers = { authorization: `Bearer ${accessToken}`, connection: "close" };
  const under = fetch(`${house.servers[0]?.url}/_matrix/client/v3/account/whoami`, { headers });
  await sleep(200);
  const [{ status }] = await Promise.all([under, house.close()]);
  assert.equal(status, 503);
});
