import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { noteServerAlive } from "../../src/domain/federation-out/note-server-alive.ts";
import { takeLease } from "../../src/domain/kernel/lease.ts";
import { StorageUnavailableError } from "../../src/domain/kernel/storage-unavailable-error.ts";
import type { UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import { markStale } from "../../src/domain/remote-device-lists/mark-stale.ts";
import { trackRemoteUser } from "../../src/domain/remote-device-lists/track-remote-user.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { AnsweringServers } from "../../src/workers/answering-servers.ts";
import { startDeviceListResync } from "../../src/workers/device-list-resync.ts";
import { alice } from "../domain/open-house.ts";
import { carol, OtherServer, other } from "../domain/remote-device-lists/other-server.ts";
import { openRemoteHouse } from "../domain/remote-device-lists/remote-house.ts";
import { afterTest } from "../support/after-test.ts";
import { ScriptedDeviceLists } from "./device-list-resync-servers.ts";

const day = 24 * 3600_000;

/** A house whose timers and clock the test moves, and workers in it. */
async function openResyncing(t: TestContext) {
  const house = await openRemoteHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const servers = new ScriptedDeviceLists();
  const log: string[] = [];
  const asked = { units: 0 };
  const state = { isOut: false, worker: undefined as ReturnType<typeof startDeviceListResync> | undefined };
  // Whoever is woken by a commit includes the worker.
  const unitOfWork: UnitOfWork<Stores> = {
    async run(scope, work) {
      asked.units++;
      if (state.isOut) throw new StorageUnavailableError("nobody there");
      const result = await house.unitOfWork.run(scope, work);
      state.worker?.wake(house.woken.splice(0));
      return result;
    },
  };
  const line =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void log.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const start = (holder = "the only server") => {
    const worker = startDeviceListResync<Stores>({
      ...{ ...house, remoteServers: servers, unitOfWork, holder, alone: true, answering: new AnsweringServers() },
      log: { debug: () => undefined, warn: line("warn"), error: line("error") },
    });
    state.worker = worker;
    afterTest(t, () => worker.stop());
    return worker;
  };
  const track = async (...userIds: UserId[]) => {
    for (const userId of userIds) {
      const scope = { exclusive: [userId] };
      await unitOfWork.run(scope, (stores, commit) => trackRemoteUser(stores, commit, userId, house.clock.now()));
    }
    await settle(house);
  };
  return { ...house, house, servers, log, asked, state, unitOfWork, start, track };
}

type Resyncing = Awaited<ReturnType<typeof openResyncing>>;

/** Units run one after another: when these are through, so is what was asked before, and what followed it. */
async function settle({ unitOfWork }: Pick<Resyncing["house"], "unitOfWork">): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    await unitOfWork.run({}, async () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets time pass for the timers and the clock, and everybody do what is due. */
async function pass(t: TestContext, { house }: Resyncing, milliseconds: number): Promise<void> {
  house.clock.advance(milliseconds);
  t.mock.timers.tick(1000);
  await settle(house);
}

test("Q4: a list is fetched when it is due, and renewed when half of its promise is over", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, clock, house } = resyncing;
  resyncing.start();
  await resyncing.track(carol);
  const server = new OtherServer();
  server.setDevice("PHONE", "p1");
  servers.theOne().answer(server.answer(clock.now()));
  await settle(house);
  assert.deepEqual(await house.kept(), { PHONE: "p1" });
  await pass(t, resyncing, 15 * day - 1);
  assert.equal(servers.asked.length, 1);
  await pass(t, resyncing, 1);
  assert.deepEqual([servers.theOne().server, servers.theOne().userId], [other, carol]);
});

test("S5: an idle worker asks the database when other servers' users are woken, and not otherwise", async (t) => {
  const resyncing = await openResyncing(t);
  const { asked, house } = resyncing;
  const worker = resyncing.start();
  await settle(house);
  const atRest = asked.units;
  for (let round = 0; round < 20; round++) await pass(t, resyncing, 60_000);
  worker.wake([alice, other]);
  await settle(house);
  assert.equal(asked.units, atRest);
  worker.wake([alice, carol]);
  worker.wake([carol]);
  await settle(house);
  assert.equal(asked.units, atRest + 1);
  worker.wakeAll();
  await settle(house);
  assert.equal(asked.units, atRest + 2);
});

test("Q4: the list of one user is fetched once at a time", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, clock, unitOfWork } = resyncing;
  const worker = resyncing.start();
  await resyncing.track(carol);
  const server = new OtherServer();
  for (let round = 0; round < 5; round++) {
    await markStale({ ...house, unitOfWork }, [carol]);
    await house.deliver(server.setDevice("PHONE", `p${round}`));
    worker.wakeAll();
    await pass(t, resyncing, 3000);
  }
  assert.equal(servers.asked.length, 1);
  servers.theOne().answer(server.answer(clock.now()));
  await pass(t, resyncing, 3000);
  await pass(t, resyncing, 3000);
  assert.equal(servers.asked.length, 2);
  servers.theOne().answer(server.answer(clock.now()));
  await settle(house);
  assert.deepEqual(await house.kept(), { PHONE: "p4" });
  await pass(t, resyncing, 3000);
  assert.equal(servers.asked.length, 2);
});

test("Q4: two lists of a server are fetched at once, sixteen altogether, and no server waits for another", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, clock } = resyncing;
  const slow = Array.from({ length: 100 }, (_, n) => `@u${n}:slow.test` as UserId);
  await resyncing.track(...slow);
  clock.advance(1);
  const others = Array.from({ length: 10 }, (_, n) => [`@a:s${n}.test`, `@b:s${n}.test`, `@c:s${n}.test`] as UserId[]);
  await resyncing.track(...others.flat());
  resyncing.start();
  await settle(house);
  const openOf = (name: string) => [...servers.open].filter(({ server }) => server === name).length;
  for (let round = 0; round < 60; round++) {
    await settle(house);
    for (const { server } of servers.open) assert.ok(openOf(server) <= 2);
    assert.equal(openOf("slow.test"), 2);
    for (const fetch of servers.open) if (fetch.server !== "slow.test") fetch.fail();
  }
  assert.equal(servers.most, 16);
  assert.equal(servers.asked.length, 32);
  const asked = new Set(servers.asked.map(({ userId }) => userId));
  assert.ok(others.flat().every((userId) => asked.has(userId)));
});

test("Q4: gap after gap costs a fetch after 1 s, 2 s, 4 s and so on; after a rest it is prompt again", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, clock, unitOfWork } = resyncing;
  resyncing.start();
  await resyncing.track(carol);
  const server = new OtherServer();
  const times: number[] = [];
  const begin = clock.now();
  while (clock.now() < begin + 1000_000) {
    for (const fetch of servers.open) {
      times.push(clock.now() - begin);
      fetch.answer(server.answer(clock.now()));
    }
    await settle(house);
    await markStale({ ...house, unitOfWork }, [carol]);
    await pass(t, resyncing, 500);
  }
  const pauses = times.map((time, n) => time - (times[n - 1] ?? 0)).slice(1);
  assert.ok(times.length <= 11, `fetched ${times.length} times`);
  for (const [n, pause] of pauses.entries()) assert.ok(pause >= 1000 * 2 ** n, `pause ${n} of ${pause} ms`);
  // What is still due is fetched; then there is peace.
  await pass(t, resyncing, 3600_000);
  servers.theOne().answer(server.answer(clock.now()));
  await pass(t, resyncing, 3600_000 * 5);
  const before = servers.asked.length;
  await markStale({ ...house, unitOfWork }, [carol]);
  await pass(t, resyncing, 2001);
  assert.equal(servers.asked.length, before + 1);
});

test("Q4: a server that shows that it is alive is asked at once for what it did not give", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, clock, unitOfWork } = resyncing;
  resyncing.start();
  await resyncing.track(carol);
  for (let attempt = 1; attempt <= 8; attempt++) {
    servers.theOne().fail();
    await settle(house);
    await pass(t, resyncing, 3600_000 * 1.2);
  }
  servers.theOne().fail();
  await settle(house);
  const failed = servers.asked.length;
  await pass(t, resyncing, 61_000);
  await noteServerAlive({ unitOfWork, clock }, "elsewhere.test" as ServerName);
  await settle(house);
  assert.equal(servers.asked.length, failed);
  await noteServerAlive({ unitOfWork, clock }, other);
  await settle(house);
  assert.equal(servers.asked.length, failed + 1);
  // Whoever is there and fails is asked after 1 s, 2 s and so on up to a minute, and not each time that it shows.
  servers.theOne().fail();
  await settle(house);
  const hopeful = servers.asked.length;
  for (let sign = 0; sign < 360; sign++) {
    await noteServerAlive({ unitOfWork, clock }, other);
    await pass(t, resyncing, 1000);
    for (const fetch of servers.open) fetch.fail();
  }
  assert.ok(servers.asked.length <= hopeful + 11, `${servers.asked.length - hopeful} times`);
  await noteServerAlive({ unitOfWork, clock }, other);
  await pass(t, resyncing, 60_000);
  const server = new OtherServer();
  servers.theOne().answer(server.answer(clock.now()));
  await settle(house);
  const before = servers.asked.length;
  // A fresh list is not fetched because its server is alive.
  await noteServerAlive({ unitOfWork, clock }, other);
  await pass(t, resyncing, 3600_000);
  assert.equal(servers.asked.length, before);
});

test("Q4: a 404 ends the attempts", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, unitOfWork, clock } = resyncing;
  resyncing.start();
  await resyncing.track(carol);
  servers.theOne().answer({ failure: { kind: "status", error: "status 404", status: 404, errcode: "M_NOT_FOUND" } });
  await settle(house);
  await resyncing.track(carol);
  await markStale({ ...house, unitOfWork }, [carol]);
  await noteServerAlive({ unitOfWork, clock }, other);
  await pass(t, resyncing, 3 * day);
  assert.equal(servers.asked.length, 1);
  assert.deepEqual(house.told.outcomes, ["gone"]);
});

test("Q4: a stop waits for no answer, and the next start fetches again", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, clock } = resyncing;
  const worker = resyncing.start();
  await resyncing.track(carol);
  const lost = servers.theOne();
  await worker.stop();
  const server = new OtherServer();
  lost.answer(server.answer(clock.now()));
  await settle(house);
  assert.equal((await house.list())?.isFresh, false);
  resyncing.start("its successor");
  await settle(house);
  server.setDevice("PHONE", "p1");
  servers.theOne().answer(server.answer(clock.now()));
  await settle(house);
  assert.deepEqual(await house.kept(), { PHONE: "p1" });
});

test("Q4: whose lease was taken fetches nothing more, and changes nothing", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, clock, log } = resyncing;
  const worker = resyncing.start();
  await resyncing.track(carol);
  clock.advance(60_000);
  assert.ok(await takeLease(house.unitOfWork, "device list resync", "another", 3600_000));
  servers.theOne().answer(new OtherServer().answer(clock.now()));
  await settle(house);
  worker.wakeAll();
  await pass(t, resyncing, 6000);
  assert.equal(servers.asked.length, 1);
  assert.equal((await house.list())?.isFresh, false);
  assert.ok(log.some((line) => line.startsWith("warn: background work was taken over")));
});

test("Q4: an outage of the database is told once, and fetching goes on after it", async (t) => {
  const resyncing = await openResyncing(t);
  const { servers, house, clock, log, state } = resyncing;
  const worker = resyncing.start();
  await resyncing.track(carol);
  state.isOut = true;
  const server = new OtherServer();
  servers.theOne().answer(server.answer(clock.now()));
  await settle(house);
  for (let second = 0; second < 20; second++) await pass(t, resyncing, 1000);
  assert.equal(servers.asked.length, 1);
  state.isOut = false;
  worker.wakeAll();
  for (let second = 0; second < 12; second++) await pass(t, resyncing, 1000);
  servers.theOne().answer(server.answer(clock.now()));
  await settle(house);
  assert.equal((await house.list())?.isFresh, true);
  assert.equal(log.filter((line) => line.startsWith("error: device lists of other servers wait")).length, 1);
});
