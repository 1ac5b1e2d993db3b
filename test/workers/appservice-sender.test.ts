import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { listFeedStates } from "../../src/domain/appservice-feed/list-feed-states.ts";
import { takeLease } from "../../src/domain/kernel/lease.ts";
import { StorageUnavailableError } from "../../src/domain/kernel/storage-unavailable-error.ts";
import type { UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import { startAppserviceSender } from "../../src/workers/appservice-sender.ts";
import { FeedHouse } from "../domain/appservice-feed/feed-house.ts";
import { appservicesOf, registration } from "../domain/appservice-feed/registrations.ts";
import { engines } from "../stores/engines.ts";
import { deviceOf, userNamed } from "../stores/owners.ts";
import { afterTest } from "../support/after-test.ts";
import { ScriptedGateway } from "./scripted-gateway.ts";

const alice = userNamed("alice");

/** A house whose timers and clock the test moves, and senders in it. */
async function openSending(t: TestContext, appservices = appservicesOf(registration("bridge"))) {
  const database = await engines[1]!.open();
  afterTest(t, () => database.close());
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const house = new FeedHouse(database, appservices);
  const gateway = new ScriptedGateway();
  const told: string[] = [];
  const asked = { units: 0 };
  const counting: UnitOfWork<Stores> = {
    run(scope, work) {
      asked.units++;
      return database.unitOfWork.run(scope, work);
    },
  };
  const line =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void told.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const start = (unitOfWork = counting, holder = "the only server") => {
    const sender = startAppserviceSender<Stores>({
      ...{ appservices, gateway, unitOfWork, holder, alone: true, clock: house.clock },
      // Of four bytes a pause is made, in the middle of the jitter.
      random: { bytes: (count) => (count === 4 ? Buffer.of(0x80, 0, 0, 0) : systemRandom.bytes(count)) },
      observer: { transactionEnded: (id, outcome) => void told.push(`${id} ${outcome}`) },
      log: { debug: () => undefined, info: line("info"), warn: line("warn"), error: line("error") },
    });
    afterTest(t, () => sender.stop());
    return sender;
  };
  const state = async () => (await listFeedStates({ ...database, appservices }))[0];
  return { house, gateway, told, asked, start, state };
}

type Sending = Awaited<ReturnType<typeof openSending>>;

/** Lets time pass for the timers and the clock, and everybody do what is due. */
async function pass(t: TestContext, { house }: Sending, milliseconds: number): Promise<void> {
  house.clock.advance(milliseconds);
  t.mock.timers.tick(1000);
  await settle(house);
}

/** Units run one after another: when these are through, so is what was asked before, and what followed it. */
async function settle(house: FeedHouse): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await house.change(async () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a transaction is sent when the one before it was taken, and not earlier", async (t) => {
  const sending = await openSending(t);
  const { house, gateway, told } = sending;
  const ghost = await house.ghost();
  await house.queue(ghost, ...Array.from({ length: 150 }, (_, n) => `{"n":${n}}`));
  const sender = sending.start();
  const first = await gateway.next();
  assert.equal(JSON.parse(first.body).to_device.length, 100);
  await house.queue(ghost, '{"n":150}');
  sender.wake([ghost.userId]);
  await settle(house);
  assert.equal(gateway.sent.length, 1);
  first.take();
  const second = await gateway.next();
  assert.notEqual(second.id, first.id);
  assert.deepEqual(JSON.parse(second.body).to_device.at(-1).content, { n: 150 });
  second.take();
  await settle(house);
  assert.equal(gateway.sent.length, 2);
  assert.deepEqual(told, ["bridge delivered", "bridge delivered"]);
});

test("one that fails is sent again, the same, after pauses that double; all of it is noted", async (t) => {
  const sending = await openSending(t);
  const { house, gateway, told } = sending;
  await house.queue(await house.ghost(), "{}");
  const begin = house.clock.now();
  const sender = sending.start();
  const first = await gateway.next();
  first.fail("status 502");
  for (const [attempts, pause] of [1000, 2000, 4000, 8000].entries()) {
    await settle(house);
    const { up, failingSince, nextAttemptAt, transactionPending } = (await sending.state()) ?? {};
    assert.deepEqual([up, failingSince, transactionPending], [false, begin, true]);
    assert.equal(nextAttemptAt, house.clock.now() + pause);
    await pass(t, sending, pause - 1);
    // What is new meanwhile makes no pause short.
    sender.wakeAll();
    await pass(t, sending, 0);
    assert.equal(gateway.sent.length, attempts + 1);
    house.clock.advance(1);
    t.mock.timers.tick(1000);
    const again = await gateway.next();
    assert.deepEqual([again.id, again.body], [first.id, first.body]);
    if (attempts < 3) again.fail(`status ${attempts}`);
    else again.take();
  }
  await settle(house);
  const { up, lastError, transactionPending } = (await sending.state()) ?? {};
  assert.deepEqual([up, lastError, transactionPending], [true, undefined, false]);
  assert.deepEqual(
    told.filter((line) => /^(warn|info|error)/.test(line)),
    [
      'warn: an application service takes no transactions {"appservice":"bridge","reason":"status 502","attempts":1}',
      'info: an application service takes transactions again {"appservice":"bridge"}',
    ],
  );
});

test("a sign of life ends the pause, a second after the last attempt at the earliest", async (t) => {
  const sending = await openSending(t);
  const { house, gateway } = sending;
  await house.queue(await house.ghost(), "{}");
  const sender = sending.start();
  for (let attempt = 1; attempt <= 8; attempt++) {
    (await gateway.next()).fail();
    await settle(house);
    house.clock.advance(128_000);
    t.mock.timers.tick(1000);
  }
  (await gateway.next()).fail();
  await settle(house);
  await pass(t, sending, 100_000);
  assert.equal(gateway.sent.length, 9);
  sender.noteAlive("bridge");
  (await gateway.next()).fail();
  await settle(house);
  // Whoever is there and refuses is not asked each time that it shows.
  for (let sign = 0; sign < 9; sign++) {
    sender.noteAlive("bridge");
    await pass(t, sending, 100);
  }
  assert.equal(gateway.sent.length, 10);
  await pass(t, sending, 100);
  (await gateway.next()).take();
  await settle(house);
  sender.noteAlive("bridge");
  sender.noteAlive("of nobody");
  await settle(house);
  assert.equal(gateway.sent.length, 11);
});

test("a stop aborts what is being sent; the next start sends it again under the same id", async (t) => {
  const sending = await openSending(t);
  const { house, gateway, told } = sending;
  await house.queue(await house.ghost(), "{}");
  const first = sending.start();
  const lost = await gateway.next();
  await first.stop();
  assert.equal(lost.signal.aborted, true);
  const { up, transactionPending } = (await sending.state()) ?? {};
  assert.deepEqual([up, transactionPending], [true, true]);
  sending.start();
  const again = await gateway.next();
  assert.deepEqual([again.id, again.body], [lost.id, lost.body]);
  assert.deepEqual(told, []);
});

test("what is taken while the sender stops is not sent again", async (t) => {
  const sending = await openSending(t);
  const { house, gateway } = sending;
  await house.queue(await house.ghost(), "{}");
  const first = sending.start();
  const taken = await gateway.next();
  taken.take();
  await first.stop();
  assert.equal((await sending.state())?.transactionPending, false);
  sending.start();
  await settle(house);
  assert.equal(gateway.sent.length, 1);
});

test("a stop ends a pause at once", async (t) => {
  const sending = await openSending(t);
  await sending.house.queue(await sending.house.ghost(), "{}");
  const sender = sending.start();
  (await sending.gateway.next()).fail();
  await settle(sending.house);
  await sender.stop();
});

test("appservices do not wait for each other", async (t) => {
  const sending = await openSending(t, appservicesOf(registration("slow"), registration("bridge")));
  const { house, gateway } = sending;
  const slow = await house.device(deviceOf(userNamed("slow_ghost"), "D"));
  const message = { recipient: slow, sender: alice, type: "m.test", content: "{}" };
  await house.change(({ appserviceQueue }) => appserviceQueue.addMessage("slow", message, 0));
  const ghost = await house.ghost();
  await house.queue(ghost, "{}");
  const sender = sending.start();
  const hanging = await gateway.next("slow");
  for (let round = 0; round < 3; round++) {
    (await gateway.next()).take();
    await house.queue(ghost, "{}");
    sender.wake([ghost.userId]);
  }
  assert.equal(hanging.signal.aborted, false);
});

test("an idle sender asks the database when users of its appservices are woken, and not otherwise", async (t) => {
  const sending = await openSending(t);
  const { house, asked } = sending;
  const sender = sending.start();
  await settle(house);
  const atRest = asked.units;
  for (let round = 0; round < 20; round++) await pass(t, sending, 60_000);
  sender.wake([alice, userNamed("bob")]);
  sender.noteAlive("bridge");
  await settle(house);
  assert.equal(asked.units, atRest);
  sender.wake([alice, userNamed("bridge_ghost")]);
  sender.wake([userNamed("bridge_ghost")]);
  await settle(house);
  assert.equal(asked.units, atRest + 1);
  sender.wakeAll();
  await settle(house);
  assert.equal(asked.units, atRest + 2);
});

test("without an appservice that receives anything nothing is asked at all", async (t) => {
  const deaf = [registration("nowhere", { url: undefined })];
  const sending = await openSending(t, appservicesOf(...deaf));
  const sender = sending.start({ run: () => assert.fail("it asked") });
  sender.wake([userNamed("nowhere_ghost")]);
  sender.wakeAll();
  sender.noteAlive("nowhere");
  await pass(t, sending, 60_000);
  await sender.stop();
});

test("whose lease was taken sends nothing more, and does not note what was taken", async (t) => {
  const sending = await openSending(t);
  const { house, gateway, told } = sending;
  await house.queue(await house.ghost(), "{}");
  sending.start();
  const paused = await gateway.next();
  await house.database.tamper((session) =>
    session.run("test.expire", session.db.updateTable("leases").set({ expires_at: 0 })),
  );
  assert.ok(await takeLease(house.database.unitOfWork, "appservice sender", "another", 3600_000));
  paused.take();
  await settle(house);
  await pass(t, sending, 60_000);
  assert.equal(gateway.sent.length, 1);
  assert.equal((await sending.state())?.transactionPending, true);
  assert.ok(told.some((line) => line.startsWith("warn: background work was taken over")));
});

test("an outage of the database is told once, and sending goes on after it", async (t) => {
  const sending = await openSending(t);
  const { house, gateway, told } = sending;
  let isOut = false;
  const sender = sending.start({
    run: (scope, work) =>
      isOut ? Promise.reject(new StorageUnavailableError("nobody there")) : house.database.unitOfWork.run(scope, work),
  });
  await house.queue(await house.ghost(), "{}");
  sender.wakeAll();
  const first = await gateway.next();
  isOut = true;
  first.take();
  await settle(house);
  for (let second = 0; second < 10; second++) await pass(t, sending, 1000);
  isOut = false;
  for (let second = 0; second < 5; second++) await pass(t, sending, 1000);
  assert.equal((await sending.state())?.transactionPending, false);
  await house.queue(await house.ghost("other"), "{}");
  sender.wakeAll();
  (await gateway.next()).take();
  assert.equal(told.filter((line) => line.startsWith("error: transactions to an application service wait")).length, 1);
});
