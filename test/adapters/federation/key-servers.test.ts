import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { openTestFederation } from "./open-test-federation.ts";
import { answering, silence, startRemote } from "./remote-server.ts";

const down = answering({ errcode: "M_NOT_FOUND" }, 404);

async function open(t: TestContext) {
  const remote = await startRemote(t, answering({ server_name: "there" }));
  const opened = await openTestFederation(t);
  const name = `localhost:${remote.port}` as ServerName;
  return {
    ...{ ...opened, remote, name },
    fetch: () => opened.fetchKeys(name),
    ask: (server: string) => opened.federation.keyServers.askNotary(name, server as ServerName, "ed25519:1", 1234),
  };
}

test("keys are fetched without a signature, and who asks together shares the answer", async (t) => {
  const { fetch, remote, outcomes } = await open(t);
  const answers = await Promise.all(Array.from({ length: 20 }, fetch));
  for (const answer of answers) assert.deepEqual(answer, { body: { server_name: "there" } });
  assert.equal(remote.requests.length, 1);
  const [request] = remote.requests;
  assert.deepEqual([request?.method, request?.path], ["GET", "/_matrix/key/v2/server"]);
  assert.equal(request?.headers.authorization, undefined);
  assert.deepEqual(outcomes, ["server_keys answered"]);
  await fetch();
  assert.equal(remote.requests.length, 2);
});

test("a notary is asked for one key of one server", async (t) => {
  const { ask, remote } = await open(t);
  await Promise.all([ask("a.example"), ask("a.example"), ask("b.example")]);
  assert.equal(remote.requests.length, 2);
  const [request] = remote.requests;
  assert.deepEqual([request?.method, request?.path], ["POST", "/_matrix/key/v2/query"]);
  const bodies = remote.requests.map(({ body }) => body).toSorted();
  assert.equal(bodies[0], '{"server_keys":{"a.example":{"ed25519:1":{"minimum_valid_until_ts":1234}}}}');
});

test("a server that failed is not asked for its keys again for 30 seconds, then twice as long, ten minutes at most", async (t) => {
  const { fetch, remote, clock, outcomes } = await open(t);
  remote.answer = down;
  let times = 0;
  for (const pause of [30, 60, 120, 240, 480, 600, 600]) {
    assert.equal((await fetch()).failure?.kind, "status");
    assert.equal(remote.requests.length, ++times);
    clock.passed += pause * 1000 - 1;
    assert.equal((await fetch()).failure?.kind, "spared");
    clock.passed += 1;
  }
  remote.answer = answering({});
  assert.deepEqual(await fetch(), { body: {} });
  assert.deepEqual(await fetch(), { body: {} });
  assert.deepEqual(outcomes.slice(0, 2), ["server_keys failed", "server_keys spared"]);
});

test("a sign of life makes a server be asked again", async (t) => {
  const { fetch, remote, federation, name } = await open(t);
  remote.answer = down;
  await fetch();
  remote.answer = answering({});
  federation.noteAlive(name);
  assert.deepEqual(await fetch(), { body: {} });
});

test("what a notary does not know of one server says nothing of others, nor of its own keys", async (t) => {
  const { ask, fetch, remote } = await open(t);
  remote.answer = down;
  assert.equal((await ask("a.example")).failure?.kind, "status");
  assert.equal((await ask("b.example")).failure?.kind, "status");
  remote.answer = answering({}, 500);
  assert.equal((await ask("a.example")).failure?.kind, "status");
  assert.equal((await ask("b.example")).failure?.kind, "spared");
  remote.answer = answering({});
  assert.deepEqual(await fetch(), { body: {} });
});

test("servers that are made up do not keep others' keys from being fetched anew", async (t) => {
  const { fetchKeys, remote, name, federation } = await open(t);
  const silent = await startRemote(t, silence);
  // More than there are slots.
  const madeUp = Array.from({ length: 300 }, (_, index) => fetchKeys(`s${index}.claviger.test:${silent.port}`));
  assert.deepEqual(await fetchKeys(name, true), { body: { server_name: "there" } });
  assert.equal(remote.requests.length, 1);
  await federation.close();
  for (const { failure } of await Promise.all(madeUp)) assert.ok(failure);
});

test("who asks the notary takes no room of what verifies requests, not even for the same server", async (t) => {
  const { fetchKeys, remote, name, federation } = await open(t);
  const silent = await startRemote(t, silence);
  const nameOf = (index: number) => `s${index}.claviger.test:${silent.port}`;
  // More than there are slots, and wishes that wait.
  const asked = Array.from({ length: 1200 }, (_, index) => fetchKeys(nameOf(index), false, "notary"));
  assert.equal((await fetchKeys(nameOf(2000), false, "notary")).failure?.kind, "spared");
  assert.deepEqual(await fetchKeys(name), { body: { server_name: "there" } });
  silent.answer = answering({ server_name: "late" });
  assert.deepEqual(await fetchKeys(nameOf(900)), { body: { server_name: "late" } });
  assert.equal(remote.requests.length, 1);
  await federation.close();
  await Promise.all(asked);
});
