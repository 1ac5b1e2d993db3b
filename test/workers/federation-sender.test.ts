import assert from "node:assert/strict";
import { test } from "node:test";
import { noteServerAlive } from "../../src/domain/federation-out/note-server-alive.ts";
import { takeLease } from "../../src/domain/kernel/lease.ts";
import { StorageUnavailableError } from "../../src/domain/kernel/storage-unavailable-error.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import { there } from "../domain/federation-feed/destination-house.ts";
import { engines } from "../stores/engines.ts";
import { alice, phone } from "../stores/owners.ts";
import { expireLeases } from "./aged-leases.ts";
import { openSending, pass, settle } from "./federation-sending.ts";

test("a transaction is sent when the one before it was taken, and not earlier", async (t) => {
  const sending = await openSending(t);
  const { house, servers, told } = sending;
  await house.queue(150);
  const sender = sending.start();
  const first = await servers.next();
  assert.equal(JSON.parse(first.body).edus.length, 100);
  await house.queue(1, { from: 150 });
  sender.wake([there]);
  await settle(house);
  assert.equal(servers.sent.length, 1);
  first.take();
  const second = await servers.next();
  assert.notEqual(second.id, first.id);
  assert.equal(JSON.parse(second.body).edus.at(-1).content.n, 150);
  second.take();
  await settle(house);
  assert.equal(servers.sent.length, 2);
  assert.deepEqual(told, ["delivered", "delivered"]);
});

test("one that fails is sent again, the same, after pauses that double; all of it is noted", async (t) => {
  const sending = await openSending(t);
  const { house, servers } = sending;
  await house.queue(1);
  const begin = house.clock.now();
  const sender = sending.start();
  const first = await servers.next();
  first.fail();
  for (const [attempts, pause] of [1000, 2000, 4000, 8000].entries()) {
    await settle(house);
    const failure = await sending.failure();
    assert.deepEqual([failure?.attempts, failure?.since], [attempts + 1, begin]);
    assert.equal(failure?.nextAttemptAt, house.clock.now() + pause);
    await pass(t, sending, pause - 1);
    // What is new meanwhile makes no pause short.
    sender.wake([there]);
    sender.wakeAll();
    await pass(t, sending, 0);
    assert.equal(servers.sent.length, attempts + 1);
    house.clock.advance(1);
    t.mock.timers.tick(1000);
    const again = await servers.next();
    assert.deepEqual([again.id, again.body], [first.id, first.body]);
    if (attempts < 3) again.fail();
    else again.take();
  }
  await settle(house);
  assert.equal(await sending.failure(), undefined);
});

test("a pause goes on over a restart, and the same transaction is sent after it", async (t) => {
  const sending = await openSending(t, engines[0]);
  await sending.house.queue(1);
  const first = sending.start();
  const lost = await sending.servers.next();
  for (let attempt = 0; attempt < 3; attempt++) {
    (attempt === 0 ? lost : await sending.servers.next()).fail();
    await settle(sending.house);
    if (attempt < 2) await pass(t, sending, 1000 * 2 ** attempt);
  }
  await first.stop();
  await sending.house.reopen();
  sending.start();
  await settle(sending.house);
  await pass(t, sending, 3999);
  assert.equal(sending.servers.sent.length, 3);
  await pass(t, sending, 1);
  const again = await sending.servers.next();
  assert.deepEqual([again.id, again.body], [lost.id, lost.body]);
});

test("E4: what was made and not sent when the server died is sent at its next start", async (t) => {
  const sending = await openSending(t, engines[0]);
  await sending.house.queue(3);
  const made = await sending.house.nextMade();
  await sending.house.reopen();
  sending.start();
  const { id, body } = await sending.servers.next();
  assert.deepEqual({ id, body }, { id: made.id, body: made.body });
});

test("a sign of life ends the pause, a second after the last attempt at the earliest", async (t) => {
  const sending = await openSending(t);
  const { house, servers } = sending;
  await house.queue(1);
  const sender = sending.start();
  const noteAlive = async () => {
    await noteServerAlive(house.deps, there);
    sender.wake([there]);
    await settle(house);
  };
  for (let attempt = 1; attempt <= 8; attempt++) {
    (await servers.next()).fail();
    await settle(house);
    await pass(t, sending, 128_000);
  }
  (await servers.next()).fail();
  await settle(house);
  await pass(t, sending, 100_000);
  assert.equal(servers.sent.length, 9);
  await noteAlive();
  (await servers.next()).fail();
  await settle(house);
  assert.equal((await sending.failure())?.attempts, 10);
  // Whoever is there and refuses is not asked each time that it shows.
  for (let sign = 0; sign < 9; sign++) {
    await noteAlive();
    await pass(t, sending, 100);
  }
  assert.equal(servers.sent.length, 10);
  await pass(t, sending, 100);
  (await servers.next()).take();
  await settle(house);
  assert.equal(servers.sent.length, 11);
});

test("a sign of life while a transaction is on its way in vain ends the pause after it", async (t) => {
  const sending = await openSending(t);
  const { house, servers } = sending;
  await house.queue(1);
  const sender = sending.start();
  for (let attempt = 1; attempt <= 5; attempt++) {
    (await servers.next()).fail();
    await settle(house);
    await pass(t, sending, 16_000);
  }
  const last = await servers.next();
  sender.wake([there]);
  last.fail();
  await settle(house);
  await noteServerAlive(house.deps, there);
  sender.wake([there]);
  await settle(house);
  await pass(t, sending, 1000);
  assert.equal(servers.sent.length, 7);
});

test("a stop aborts what is being sent; the next start sends it again under the same id", async (t) => {
  const sending = await openSending(t);
  const { house, servers, told } = sending;
  await house.queue(1);
  const first = sending.start();
  const lost = await servers.next();
  await first.stop();
  assert.equal(lost.signal.aborted, true);
  assert.equal(await sending.failure(), undefined);
  sending.start();
  const again = await servers.next();
  assert.deepEqual([again.id, again.body], [lost.id, lost.body]);
  assert.deepEqual(told, []);
});

test("what is taken while the sender stops is not sent again", async (t) => {
  const sending = await openSending(t);
  await sending.house.queue(1);
  const first = sending.start();
  (await sending.servers.next()).take();
  await first.stop();
  sending.start();
  await settle(sending.house);
  assert.equal(sending.servers.sent.length, 1);
});

test("an idle sender asks the database when a server is woken, and not otherwise", async (t) => {
  const sending = await openSending(t);
  const { house, asked } = sending;
  const sender = sending.start();
  await settle(house);
  const atRest = asked.units;
  for (let round = 0; round < 20; round++) await pass(t, sending, 60_000);
  sender.wake([alice]);
  await settle(house);
  assert.equal(asked.units, atRest);
  sender.wake([alice, there]);
  sender.wake([there]);
  await settle(house);
  assert.equal(asked.units, atRest + 1);
});

test("X6: a device that has changed while its server was away is told once, as it is when it is told first", async (t) => {
  const sending = await openSending(t);
  const { house, servers } = sending;
  await house.listen(alice);
  await house.queue(1);
  const sender = sending.start();
  (await servers.next()).fail();
  await settle(house);
  for (let change = 0; change < 100; change++) {
    await house.device(phone, `C${change}`);
    await house.announce(alice, phone.deviceId);
    sender.wake([there]);
  }
  await pass(t, sending, 1000);
  (await servers.next()).take();
  const [edu, ...more] = JSON.parse((await servers.next()).body).edus;
  assert.deepEqual(more, []);
  assert.deepEqual(edu.content.keys.keys, { "curve25519:PHONE": "C99" });
});

test("whose lease was taken sends nothing more, and does not note what was taken", async (t) => {
  const sending = await openSending(t);
  const { house, servers, told } = sending;
  await house.queue(1);
  sending.start();
  const paused = await servers.next();
  await expireLeases(house.database);
  assert.ok(await takeLease(house.database.unitOfWork, "federation sender", "another", 3600_000));
  paused.take();
  await settle(house);
  await pass(t, sending, 60_000);
  assert.equal(servers.sent.length, 1);
  assert.equal((await house.next())?.id, paused.id);
  assert.ok(told.some((line) => line.startsWith("warn: background work was taken over")));
});

test("an outage of the database is told once, and sending goes on after it", async (t) => {
  const sending = await openSending(t);
  const { house, servers, told } = sending;
  let isOut = false;
  const unlessOut = <T>(ask: () => Promise<T>) =>
    isOut ? Promise.reject(new StorageUnavailableError("nobody there")) : ask();
  const { unitOfWork, snapshots } = house.database;
  const sender = sending.start({
    unitOfWork: { run: (scope, work) => unlessOut(() => unitOfWork.run(scope, work)) },
    snapshots: {
      read: (work) => unlessOut(() => snapshots.read(work)),
      ask: (work) => unlessOut(() => snapshots.ask(work)),
    },
  });
  const another = "another.example" as ServerName;
  await house.queue(1);
  sender.wakeAll();
  const first = await servers.next();
  isOut = true;
  first.take();
  sender.wake([another]);
  await settle(house);
  for (let second = 0; second < 10; second++) await pass(t, sending, 1000);
  // Of this nobody is told.
  await house.queue(1, { server: another });
  sender.wakeAll();
  for (let second = 0; second < 10; second++) await pass(t, sending, 1000);
  isOut = false;
  for (let second = 0; second < 6; second++) await pass(t, sending, 1000);
  // What was taken before the outage is not sent again.
  const [, second] = servers.sent;
  assert.deepEqual([servers.sent.length, second?.server], [2, another]);
  second?.take();
  await settle(house);
  assert.equal(await house.next(), undefined);
  assert.equal(await house.next(undefined, another), undefined);
  assert.equal(told.filter((line) => line.startsWith("error: transactions to other servers wait")).length, 1);
});
