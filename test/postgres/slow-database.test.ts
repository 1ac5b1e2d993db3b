import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedCluster } from "../support/postgres/run-cluster.ts";
import { hurriedClock, openHouse } from "./house.ts";
import { emptyDatabase, rawConnection } from "./note-databases.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const range = (count: number) => [...Array(count).keys()];

test("E4: claims whose table somebody locks are answered with 503 after a while, and with keys once it is free", async (t) => {
  const url = await emptyDatabase(t);
  const house = await openHouse(t, { urls: [url], clock: hurriedClock }, ["alice", "bob"]);
  const [alice, bob] = [house.client(0), house.client(1)];
  await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(30) });
  const raw = await rawConnection(t, url);
  await raw.query("BEGIN; LOCK TABLE one_time_keys");
  const wanted = { one_time_keys: { [alice.userId]: { PHONE: "signed_curve25519" } } };
  // Held until all of them are answered: none waits for ever.
  const answers = await Promise.all(range(20).map(() => bob.post("/keys/claim", wanted)));
  for (const { status, headers } of answers) {
    assert.equal(status, 503);
    assert.ok(Number(headers.get("retry-after")) > 0);
  }
  await raw.query("ROLLBACK");
  const given = await Promise.all(range(30).map(() => bob.claim(alice.userId, "PHONE")));
  assert.equal(new Set(given.map((key) => key?.[0])).size, 30, "none of the refused claims took a key");
});

test("E4: a database that says nothing more is given up: every request is answered, and it goes on when it speaks again", async (t) => {
  const url = await emptyDatabase(t);
  const proxy = await TcpProxy.start(t, (await sharedCluster()).port);
  const house = await openHouse(t, { urls: [proxy.through(url)], directUrl: url, clock: hurriedClock }, [
    "alice",
    "bob",
  ]);
  const [alice, bob] = [house.client(0), house.client(1)];
  await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(5) });
  proxy.stall();
  const wanted = { one_time_keys: { [alice.userId]: { PHONE: "signed_curve25519" } } };
  const answers = await Promise.all([
    ...range(5).map(() => bob.post("/keys/claim", wanted)),
    ...range(5).map((index) => bob.send("m.test", `t${index}`, { [alice.userId]: { PHONE: {} } })),
    ...range(5).map(() => bob.get("/account/whoami")),
  ]);
  for (const { status, headers } of answers) {
    assert.equal(status, 503);
    assert.ok(Number(headers.get("retry-after")) > 0);
  }
  const health = await fetch(`${house.servers[0]?.url}/health`);
  assert.notEqual(health.status, 200);
  proxy.resume();
  let status = 0;
  while (status !== 200) status = (await bob.get("/account/whoami")).status;
  assert.equal((await bob.post("/keys/claim", wanted)).status, 200);
});
