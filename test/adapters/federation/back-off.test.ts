import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { openTestFederation } from "./open-test-federation.ts";
import { answering, silence, startRemote } from "./remote-server.ts";

const second = 1000;
const down = answering({ errcode: "M_UNKNOWN" }, 502);

async function open(t: TestContext) {
  const remote = await startRemote(t, down);
  // A clock that stands still: every deadline is a fair one.
  const opened = await openTestFederation(t, { bounds: { fairTimeout: 0 } });
  const name = `localhost:${remote.port}`;
  return {
    ...{ ...opened, remote },
    ask: () => opened.query(name),
    claimIt: (timeout?: number) => opened.claim(name, timeout),
    noteAlive: () => opened.federation.noteAlive(name as ServerName),
    asked: () => remote.requests.length,
    /** Fails three times. */
    async fail() {
      for (let times = 0; times < 3; times++) assert.equal((await opened.query(name)).failure?.kind, "status");
    },
    isSpared: async () => (await opened.query(name)).failure?.kind === "spared",
  };
}

test("C5: after three failures in a row a server is spared, a second at first, then twice as long each time", async (t) => {
  const { fail, isSpared, asked, clock, devices, remote, outcomes } = await open(t);
  await fail();
  for (const pause of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]) {
    assert.ok(await isSpared());
    clock.passed += pause * second - 1;
    assert.ok(await isSpared());
    assert.equal((await devices(`localhost:${remote.port}`)).failure?.kind, "spared");
    clock.passed += 1;
    assert.equal(await isSpared(), false);
  }
  assert.equal(asked(), 15);
  assert.deepEqual(outcomes.slice(0, 5), [
    "query failed",
    "query failed",
    "query failed",
    "query spared",
    "query spared",
  ]);
});

test("C5: an answer ends it, and failures count from the beginning", async (t) => {
  const { fail, ask, isSpared, clock, remote } = await open(t);
  await fail();
  clock.passed += second;
  remote.answer = answering({});
  assert.deepEqual(await ask(), { body: {} });
  remote.answer = down;
  await fail();
  assert.ok(await isSpared());
  clock.passed += second;
  assert.equal(await isSpared(), false);
});

test("C5: an answer between failures is no row; an error with an errcode is an answer", async (t) => {
  const { ask, isSpared, remote } = await open(t);
  for (let times = 0; times < 5; times++) {
    remote.answer = down;
    await ask();
    await ask();
    remote.answer = answering({ errcode: "M_FORBIDDEN" }, 403);
    await ask();
  }
  remote.answer = answering("<html>not here", 404);
  for (let times = 0; times < 3; times++) await ask();
  assert.ok(await isSpared());
});

test("C5: failures side by side are one", async (t) => {
  const { ask, isSpared } = await open(t);
  await Promise.all([ask(), ask(), ask(), ask(), ask()]);
  assert.equal(await isSpared(), false);
});

test("C5: timeouts and servers that are not there are failures", async (t) => {
  const { ask, query, isSpared, remote, clock } = await open(t);
  remote.answer = silence;
  for (let times = 0; times < 3; times++) await query(`localhost:${remote.port}`, 100);
  assert.ok(await isSpared());
  await remote.close();
  clock.passed += second;
  assert.equal((await ask()).failure?.kind, "unreachable");
  clock.passed += second;
  assert.ok(await isSpared());
});

test("C5: a caller in a hurry does not show that a server fails", async (t) => {
  const remote = await startRemote(t, silence);
  const { query } = await openTestFederation(t);
  for (let times = 0; times < 5; times++) {
    assert.equal((await query(`localhost:${remote.port}`, 100)).failure?.kind, "timeout");
  }
});

test("C5: a server that says for how long is left alone for so long, ten minutes at most", async (t) => {
  const limited = { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 7000 };
  const answers: [ReturnType<typeof answering>, number][] = [
    [answering(limited, 429), 7],
    [answering(limited, 429, { "retry-after": "20" }), 20],
    [answering({ errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 1 }, 429), 1],
    [answering(limited, 429, { "retry-after": "999999" }), 600],
  ];
  for (const [answer, seconds] of answers) {
    const { ask, isSpared, clock, remote } = await open(t);
    remote.answer = answer;
    assert.equal((await ask()).failure?.errcode, "M_LIMIT_EXCEEDED");
    clock.passed += seconds * second - 1;
    assert.ok(await isSpared());
    clock.passed += 1;
    assert.equal(await isSpared(), false);
  }
});

test("C5: a claim finds out though the server is spared, and a success ends that", async (t) => {
  const { fail, ask, claimIt, isSpared, asked, clock, remote } = await open(t);
  await fail();
  assert.equal((await claimIt()).failure?.status, 502);
  assert.equal((await claimIt()).failure?.status, 502);
  assert.equal(asked(), 5);
  assert.ok(await isSpared());
  // A claim that came before its time makes the pause no longer.
  clock.passed += second;
  remote.answer = answering({});
  assert.deepEqual(await ask(), { body: {} });
});

test("C5: claims for a spared server wait for the first of them, and go on with it", async (t) => {
  const { fail, claimIt, asked, remote } = await open(t);
  await fail();
  const held: (() => void)[] = [];
  remote.answer = (_, response) => void held.push(() => response.end("{}"));
  const claims = Array.from({ length: 5 }, () => claimIt());
  await remote.untilAsked(4);
  assert.equal(asked(), 4);
  remote.answer = answering({});
  held[0]?.();
  for (const claim of await Promise.all(claims)) assert.deepEqual(claim, { body: {} });
  assert.equal(asked(), 8);
});

test("C5: claims for a spared server fail with the first of them", async (t) => {
  const { fail, claimIt, isSpared, asked, remote, outcomes } = await open(t);
  await fail();
  const held: (() => void)[] = [];
  remote.answer = (_, response) => void held.push(() => response.writeHead(503).end());
  const claims = Array.from({ length: 5 }, () => claimIt());
  await remote.untilAsked(4);
  assert.ok(await isSpared(), "a query does not wait");
  held[0]?.();
  for (const { failure } of await Promise.all(claims)) assert.equal(failure?.status, 503);
  assert.equal(asked(), 4);
  assert.deepEqual(outcomes.slice(4).toSorted(), ["claim failed", ...Array(4).fill("claim spared")]);
});

test("C5: a claim with less time than another does not fail it", async (t) => {
  const { fail, claimIt, remote } = await open(t);
  await fail();
  remote.answer = silence;
  const hasty = claimIt(200);
  const others = [claimIt(), claimIt()];
  assert.equal((await hasty).failure?.kind, "timeout");
  // One of the others has taken its place; its request has not arrived yet.
  remote.answer = answering({});
  for (const other of await Promise.all(others)) assert.deepEqual(other, { body: {} });
});

test("a sign of life ends the pause for everybody; who fails all the same is spared again", async (t) => {
  const { fail, ask, isSpared, noteAlive, remote, clock } = await open(t);
  await fail();
  noteAlive();
  assert.equal((await ask()).failure?.kind, "status");
  assert.ok(await isSpared());
  // Who only sends does not make itself be asked without end.
  noteAlive();
  assert.ok(await isSpared());
  clock.passed += second;
  remote.answer = answering({});
  assert.deepEqual(await Promise.all([ask(), ask()]), [{ body: {} }, { body: {} }]);
});

test("operators are told which servers are spared", async (t) => {
  const { fail, federation, clock, remote, ask } = await open(t);
  assert.deepEqual(federation.describe(), []);
  await fail();
  clock.passed += 400;
  const lastError = "it has answered with status 502";
  assert.deepEqual(federation.describe(), [
    { server: `localhost:${remote.port}`, failures: 3, pausedFor: 600, lastError },
  ]);
  clock.passed += 600;
  remote.answer = answering({});
  await ask();
  assert.deepEqual(federation.describe(), []);
});
