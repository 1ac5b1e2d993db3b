import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { LeaseLostError } from "../../src/domain/kernel/lease.ts";
import { StorageUnavailableError } from "../../src/domain/kernel/storage-unavailable-error.ts";
import type { UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import {
  attemptInterval,
  LeasedWorker,
  type LeasedWorkerOptions,
  leaseLifetime,
  startLeasedWorker,
} from "../../src/workers/leased-worker.ts";
import { HandClock, openHouse } from "../domain/open-house.ts";
import { withDatabase } from "../stores/contract.ts";
import { engines, type TestDatabase } from "../stores/engines.ts";
import { alice } from "../stores/owners.ts";
import { expireLeases } from "./aged-leases.ts";
import { gate } from "./gate.ts";

const roundInterval = 60_000;
/** PostgreSQL's clock goes on by itself: there, no lease expires unless a test says so. */
const hour = 3600_000;

type Options = LeasedWorkerOptions<Stores>;

for (const engine of engines) {
  describe(`leased workers on ${engine.name}`, () => {
    const onDatabase = (name: string, body: (database: TestDatabase) => Promise<void>) =>
      test(name, () => withDatabase(engine, body));

    onDatabase("of several one does the work, until it stops", async ({ unitOfWork }) => {
      const clock = new HandClock();
      const rounds: string[] = [];
      const team = ["a", "b", "c", "d"].map((holder) => ({
        holder,
        worker: new LeasedWorker({
          ...optionsOf(holder, unitOfWork),
          clock,
          work: async () => void rounds.push(holder),
        }),
      }));
      const stepAll = () => Promise.all(team.map(({ worker }) => worker.step()));
      const seen: string[] = [];
      while (team.length > 0) {
        await stepAll();
        await stepAll();
        clock.advance(roundInterval);
        await stepAll();
        const [first, second] = rounds.splice(0);
        assert.ok(first !== undefined && !seen.includes(first));
        assert.equal(second, first);
        assert.deepEqual(rounds, []);
        seen.push(first);
        const [leaving] = team.splice(
          team.findIndex(({ holder }) => holder === first),
          1,
        );
        await leaving?.worker.stop();
      }
      assert.deepEqual(seen.sort(), ["a", "b", "c", "d"]);
    });

    onDatabase(
      "whose lease was taken while it slept between two units: the second changes nothing",
      async (database) => {
        const { unitOfWork } = database;
        const [asleep, awake] = [gate(), gate()];
        const ended = gate();
        const told: string[] = [];
        let failure: unknown;
        const sleeper = new LeasedWorker({
          ...optionsOf("a", unitOfWork, told),
          work: async (fenced) => {
            await put(fenced, "a's first");
            asleep.open();
            await awake.opened;
            await put(fenced, "a's second")
              .catch((error: unknown) => {
                failure = error;
                throw error;
              })
              .finally(ended.open);
          },
        });
        await sleeper.step();
        await asleep.opened;
        await expireLeases(database);
        const done = gate();
        const successor = new LeasedWorker({
          ...optionsOf("b", unitOfWork),
          work: async (fenced) => put(fenced, "b's").then(done.open),
        });
        await successor.step();
        await done.opened;
        awake.open();
        await ended.opened;
        assert.ok(failure instanceof LeaseLostError);
        assert.deepEqual(await found(database, ["a's first", "a's second", "b's"]), ["a's first", "b's"]);
        await sleeper.step();
        await sleeper.step();
        assert.deepEqual(told, ["debug", "warn: background work was taken over by another process"]);
        await sleeper.stop();
        await successor.step();
        await successor.stop();
      },
    );

    onDatabase("that finds its lease lost ends its round, and begins none", async (database) => {
      const { unitOfWork } = database;
      const clock = new HandClock();
      let rounds = 0;
      const aborted = gate();
      const loser = new LeasedWorker({
        ...{ ...optionsOf("a", unitOfWork), clock },
        work: async (_, signal) => {
          rounds++;
          signal.addEventListener("abort", aborted.open);
          await aborted.opened;
        },
      });
      await loser.step();
      await expireLeases(database);
      const winner = new LeasedWorker(optionsOf("b", unitOfWork));
      await winner.step();
      await loser.step();
      await aborted.opened;
      clock.advance(roundInterval);
      await loser.step();
      assert.equal(rounds, 1);
      await loser.stop();
      await winner.stop();
    });

    onDatabase("that stops waits for its round, and hands over at once", async ({ unitOfWork }) => {
      const [begun, mayEnd] = [gate(), gate()];
      const order: string[] = [];
      const leaving = new LeasedWorker({
        ...optionsOf("a", unitOfWork),
        work: async (fenced, signal) => {
          begun.open();
          await mayEnd.opened;
          assert.equal(signal.aborted, true);
          await put(fenced, "the last one");
          order.push("round ended");
        },
      });
      await leaving.step();
      await begun.opened;
      const stopped = leaving.stop().then(() => order.push("stopped"));
      const next = new LeasedWorker({ ...optionsOf("b", unitOfWork), work: async () => void order.push("successor") });
      await next.step();
      mayEnd.open();
      await stopped;
      await next.step();
      assert.deepEqual(order, ["round ended", "stopped", "successor"]);
      await leaving.step();
      await next.stop();
    });

    onDatabase(
      "that a round fails in keeps the lease, and tries again when the next is due",
      async ({ unitOfWork }) => {
        const clock = new HandClock();
        const told: string[] = [];
        const failing = new LeasedWorker({
          ...{ ...optionsOf("a", unitOfWork, told), clock },
          work: () => Promise.reject(new Error("no luck")),
        });
        await failing.step();
        await failing.step();
        const failure = "error: background work failed";
        assert.deepEqual(told, ["debug", failure]);
        clock.advance(roundInterval);
        await failing.step();
        await failing.stop();
        assert.deepEqual(told, ["debug", failure, failure]);
      },
    );
  });
}

test("an outage is told once, ends nothing, and the work goes on after it", async (t) => {
  const { unitOfWork, clock } = await openHouse(t);
  const told: string[] = [];
  let reachable = false;
  let rounds = 0;
  const outOfOrder: UnitOfWork<Stores> = {
    run: (scope, work) =>
      reachable ? unitOfWork.run(scope, work) : Promise.reject(new StorageUnavailableError("nobody there")),
  };
  const worker = new LeasedWorker({
    ...{ ...optionsOf("a", outOfOrder, told), clock },
    work: async () => void rounds++,
  });
  const outage = "warn: background work waits for the database";
  for (let attempt = 0; attempt < 3; attempt++) await worker.step();
  assert.deepEqual([told, rounds], [[outage], 0]);
  reachable = true;
  await worker.step();
  assert.deepEqual([told, rounds], [[outage, "debug"], 1]);
  reachable = false;
  clock.advance(roundInterval);
  for (let attempt = 0; attempt < 3; attempt++) await worker.step();
  assert.deepEqual([told, rounds], [[outage, "debug", outage], 1]);
  reachable = true;
  // Nobody else has taken the lease meanwhile.
  await worker.step();
  assert.deepEqual([told, rounds], [[outage, "debug", outage], 2]);
  reachable = false;
  await worker.step();
  await worker.stop();
  assert.deepEqual(told, [outage, "debug", outage, outage]);
});

test("the successor of one that died begins when the lease has expired, within ten seconds of the death", async (t) => {
  const { unitOfWork, clock } = await openHouse(t);
  const rounds: string[] = [];
  const options = (holder: string): Options => ({
    ...{ ...optionsOf(holder, unitOfWork), clock, lifetime: leaseLifetime },
    work: async () => void rounds.push(holder),
  });
  await new LeasedWorker(options("a")).step();
  const death = clock.now();
  const successor = new LeasedWorker(options("b"));
  // Its last attempt in vain is 1 ms before the expiry.
  clock.advance(leaseLifetime - 1);
  await successor.step();
  assert.deepEqual(rounds, ["a"]);
  clock.advance(attemptInterval);
  await successor.step();
  assert.deepEqual(rounds, ["a", "b"]);
  assert.ok(clock.now() - death < 10_000);
  await successor.stop();
});

test("a started worker asks after one interval, renews at each, and never after its stop", async (t) => {
  const { unitOfWork, clock } = await openHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const counting: UnitOfWork<Stores> = {
    run: (scope, work) => {
      asked++;
      return unitOfWork.run(scope, work);
    },
  };
  let rounds = 0;
  const stop = startLeasedWorker({
    ...{ ...optionsOf("a", counting), clock },
    work: async () => void rounds++,
  });
  const pass = async () => {
    t.mock.timers.tick(attemptInterval - 1);
    const before = asked;
    t.mock.timers.tick(1);
    assert.equal(asked, before + 1);
    // The attempt is a unit; this one comes after it, and the next timer after both.
    await unitOfWork.run({}, async () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  };
  assert.equal(asked, 0);
  await pass();
  await pass();
  await pass();
  assert.deepEqual([asked, rounds], [3, 1]);
  await stop();
  assert.equal(asked, 4);
  t.mock.timers.tick(10 * attemptInterval);
  assert.equal(asked, 4);
});

test("a worker that is to begin at once does not wait for its first interval, and may be stopped before", async (t) => {
  const { unitOfWork, clock } = await openHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const begun = gate();
  const stop = startLeasedWorker({
    ...{ ...optionsOf("a", unitOfWork), clock, atOnce: true },
    work: async () => begun.open(),
  });
  await begun.opened;
  await stop();
  let rounds = 0;
  const work = async () => void rounds++;
  await startLeasedWorker({ ...optionsOf("b", unitOfWork), clock, atOnce: true, work })();
  t.mock.timers.tick(10 * attemptInterval);
  assert.equal(rounds, 0);
});

test("who is alone renews no lease while a round goes on, and begins the next one after it", async (t) => {
  const { unitOfWork, clock } = await openHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const counting: UnitOfWork<Stores> = {
    run: (scope, work) => {
      asked++;
      return unitOfWork.run(scope, work);
    },
  };
  const rounds = [
    { begun: gate(), mayEnd: gate() },
    { begun: gate(), mayEnd: gate() },
  ] as const;
  let round = 0;
  const stop = startLeasedWorker({
    ...{ ...optionsOf("a", counting), clock, alone: true, atOnce: true },
    work: async () => {
      const { begun, mayEnd } = rounds[round++] ?? assert.fail("one round too many");
      begun.open();
      await mayEnd.opened;
    },
  });
  const pass = async () => {
    clock.advance(roundInterval);
    t.mock.timers.tick(roundInterval);
    await unitOfWork.run({}, async () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  };
  await rounds[0].begun.opened;
  for (let interval = 0; interval < 10; interval++) await pass();
  assert.deepEqual([asked, round], [1, 1]);
  rounds[0].mayEnd.open();
  await new Promise((resolve) => setImmediate(resolve));
  await pass();
  await rounds[1].begun.opened;
  assert.deepEqual([asked, round], [2, 2]);
  rounds[1].mayEnd.open();
  await stop();
});

test("a worker that never had the lease stops without asking the database", async (t) => {
  const { clock } = await openHouse(t);
  const never: UnitOfWork<Stores> = { run: () => assert.fail("it asked") };
  await startLeasedWorker({ ...optionsOf("a", never), clock })();
});

function optionsOf(holder: string, unitOfWork: UnitOfWork<Stores>, told: string[] = []): Options {
  return {
    ...{
      name: "work",
      holder,
      unitOfWork,
      roundInterval,
      lifetime: hour,
      clock: new HandClock(),
      work: async () => undefined,
    },
    log: {
      debug: () => void told.push("debug"),
      warn: (message) => void told.push(`warn: ${message}`),
      error: (message) => void told.push(`error: ${message}`),
    },
  };
}

function put(unitOfWork: UnitOfWork<Stores>, filterId: string): Promise<void> {
  return unitOfWork.run({ exclusive: [alice] }, ({ filters }) => filters.put(alice, filterId, "{}"));
}

function found({ snapshots }: TestDatabase, filterIds: readonly string[]): Promise<string[]> {
  return snapshots.read(async ({ filters }) => {
    const ids: string[] = [];
    for (const id of filterIds) if ((await filters.findDefinition(alice, id)) !== undefined) ids.push(id);
    return ids;
  });
}
