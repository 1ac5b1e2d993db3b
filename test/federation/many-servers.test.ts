import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTest } from "../support/after-test.ts";
import { newClient } from "../support/client.ts";
import { Federation } from "./federated-servers.ts";
import { runManyDestinations, runManyServers } from "./many-servers.ts";

test("C5, Q4: of ten servers the dead one alone stands in failures, and the keys of all others are given", async (t) => {
  const figures = await runManyServers({ servers: 10, slowest: 300, timeout: 6000 });
  assert.deepEqual(figures.failures, ["many-0.claviger.test"]);
  t.diagnostic(JSON.stringify(figures));
});

test("S3: forty servers, four of them dead, are each sent their messages in order, and none of the living waits for ever", async (t) => {
  const figures = await runManyDestinations({ destinations: 40 });
  assert.equal(figures.dead, 4);
  t.diagnostic(JSON.stringify(figures));
});

test("S3: one request carries messages for 250 devices of 250 servers, as clients send a room's key", async (t) => {
  const federation = await Federation.start({ names: ["one"] });
  afterTest(t, () => federation.close());
  const alice = await newClient(federation.server("one").url, "alice");
  const users = Array.from({ length: 250 }, (_, index) => [`@user:nowhere-${index}.test`, { PHONE: { key: index } }]);
  const { status, body } = await alice.send("m.room.encrypted", "a room's key", Object.fromEntries(users));
  assert.equal(status, 200, JSON.stringify(body));
});
