import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import { type OpenSending, openSending, pass, type Sending, settle } from "./federation-sending.ts";

/** Servers with two transactions each. */
async function queueForMany(sending: OpenSending, count: number): Promise<ServerName[]> {
  const servers = Array.from({ length: count }, (_, n) => `s${String(n).padStart(4, "0")}.example` as ServerName);
  await sending.house.change(async ({ federationQueue }) => {
    for (const server of servers) {
      for (let n = 0; n < 101; n++) {
        await federationQueue.addMessage(server, `{"edu_type":"m.direct_to_device","content":{"n":${n}}}`, 1);
      }
    }
  });
  return servers;
}

/** Lets the living take all, and time pass where nothing else happens, until they have had `transactions`. */
async function serveLiving(
  t: Parameters<typeof pass>[0],
  sending: OpenSending,
  isDead: (server: ServerName) => boolean,
  transactions: number,
  look: (underWay: ReadonlySet<Sending>) => void,
): Promise<ServerName[]> {
  const { servers, house } = sending;
  const taken: ServerName[] = [];
  while (taken.length < transactions) {
    look(servers.underWay);
    const living = [...servers.underWay].filter(({ server }) => !isDead(server));
    for (const one of living) {
      taken.push(one.server);
      one.take();
    }
    if (living.length > 0) await settle(house);
    else await pass(t, sending, 1000);
  }
  return taken;
}

test("of 500 servers each gets a transaction before one gets its second", async (t) => {
  const sending = await openSending(t);
  await queueForMany(sending, 500);
  sending.start();
  await settle(sending.house);
  const taken = await serveLiving(
    t,
    sending,
    () => false,
    1000,
    ({ size }) => assert.ok(size <= 32),
  );
  assert.equal(new Set(taken.slice(0, 500)).size, 500);
  assert.equal(new Set(taken.slice(500)).size, 500);
});

test("of 500 servers 100 never answer: the living get theirs in the time that it takes to give up the dead", async (t) => {
  const sending = await openSending(t);
  const names = await queueForMany(sending, 500);
  const dead = new Set(names.filter((_, n) => n % 5 === 2));
  const begin = sending.house.clock.monotonic();
  sending.start();
  await settle(sending.house);
  const taken = await serveLiving(
    t,
    sending,
    (server) => dead.has(server),
    800,
    ({ size }) => assert.ok(size <= 32 + 16),
  );
  for (const server of names) assert.equal(taken.filter((one) => one === server).length, dead.has(server) ? 0 : 2);
  // All 32 places are the dead ones' three times at most, for 10 s each.
  assert.ok(sending.house.clock.monotonic() - begin <= 40_000);
});

test("a server that has taken something does not wait behind any number that say nothing", async (t) => {
  const sending = await openSending(t);
  const { servers, house } = sending;
  const [honest] = await queueForMany(sending, 1);
  const sender = sending.start();
  await settle(house);
  for (const one of servers.underWay) one.take();
  await settle(house);
  for (const one of servers.underWay) one.take();
  await settle(house);
  const silent = Array.from({ length: 500 }, (_, n) => `silent${n}.example` as ServerName);
  await house.change(async ({ federationQueue }) => {
    for (const server of silent) await federationQueue.addMessage(server, '{"edu_type":"m.test","content":{}}', 1);
  });
  sender.wake(silent);
  await settle(house);
  assert.equal(servers.underWay.size, 32);
  await house.change(({ federationQueue }) =>
    federationQueue.addMessage(honest as ServerName, '{"edu_type":"m.test","content":{}}', 1),
  );
  sender.wake([honest as ServerName]);
  await pass(t, sending, 1000);
  assert.ok([...servers.underWay].some(({ server }) => server === honest));
});

test("a server that has failed and shows that it is there does not wait behind the dead", async (t) => {
  const sending = await openSending(t);
  const { servers, house } = sending;
  const names = await queueForMany(sending, 200);
  const back = names[100] as ServerName;
  const sender = sending.start();
  const failed = new Set<ServerName>();
  await settle(house);
  while (failed.size < names.length) {
    for (const one of servers.underWay) {
      failed.add(one.server);
      one.fail();
    }
    await settle(house);
  }
  // Their pauses end, and those that are tried again say nothing.
  await pass(t, sending, 60_000);
  const begin = house.clock.monotonic();
  sending.answering.noteAlive(back);
  sender.wake([back]);
  while (![...servers.underWay].some(({ server }) => server === back)) await pass(t, sending, 1000);
  assert.ok(house.clock.monotonic() - begin <= 3000);
});

test("500 dead servers have a quarter of the places, and the living go on", async (t) => {
  const sending = await openSending(t);
  const names = await queueForMany(sending, 500);
  const dead = new Set(names.slice(0, 480));
  const { servers, house } = sending;
  const sender = sending.start();
  await settle(house);
  // All are found dead: each has failed once.
  const failed = new Set<ServerName>();
  while (failed.size < dead.size) {
    for (const one of servers.underWay) {
      if (!dead.has(one.server)) continue;
      failed.add(one.server);
      one.fail();
    }
    for (const one of servers.underWay) if (!dead.has(one.server)) one.take();
    await settle(house);
  }
  // From now on they never answer.
  const deadUnderWay = () => [...servers.underWay].filter(({ server }) => dead.has(server)).length;
  await pass(t, sending, 3600_000);
  assert.equal(deadUnderWay(), 8);
  const living = names.slice(480);
  await house.change(async ({ federationQueue }) => {
    for (const server of living) await federationQueue.addMessage(server, '{"edu_type":"m.test","content":{}}', 1);
  });
  sender.wake(living);
  await settle(house);
  assert.deepEqual(
    new Set([...servers.underWay].map(({ server }) => server).filter((server) => !dead.has(server))),
    new Set(living),
  );
  assert.equal(deadUnderWay(), 8);
});
