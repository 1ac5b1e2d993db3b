import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { StorageUnavailableError } from "../../src/domain/kernel/storage-unavailable-error.ts";
import type { Snapshots, UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import { startTypingEnds } from "../../src/workers/typing-ends.ts";
import { type House, openHouse } from "../domain/open-house.ts";
import { alice, bob } from "../stores/owners.ts";
import { hall } from "../stores/room-ids.ts";
import { afterTest } from "../support/after-test.ts";

/** A worker whose timers and clock the test moves, on a database that refuses while it is told to. */
async function openTyping(t: TestContext) {
  const house = await openHouse(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const database = { reads: true, writes: true, asked: 0 };
  const failures: string[] = [];
  let whileReading = async (): Promise<void> => undefined;
  const unitOfWork: UnitOfWork<Stores> = {
    async run(scope, work) {
      database.asked++;
      if (!database.writes) throw new StorageUnavailableError("the disk is full");
      return house.unitOfWork.run(scope, work);
    },
  };
  const ask: Snapshots<Stores>["ask"] = async (work) => {
    database.asked++;
    if (!database.reads) throw new StorageUnavailableError("the connection is lost");
    const answer = await house.snapshots.ask(work);
    await whileReading();
    return answer;
  };
  const worker = startTypingEnds({
    ...{ unitOfWork, snapshots: { ask, read: ask }, clock: house.clock },
    log: { debug: () => undefined, warn: () => undefined, error: (message) => void failures.push(message) },
  });
  afterTest(t, () => worker.stop());
  await settle(house);
  const type = async (userId = alice, milliseconds = 30_000) => {
    const endsAt = house.clock.now() + milliseconds;
    await house.unitOfWork.run("everything", ({ typing }) => typing.put({ roomId: hall, userId, endsAt }, true));
    worker.expect(endsAt);
  };
  const pass = async (milliseconds: number) => {
    house.clock.advance(milliseconds);
    t.mock.timers.tick(milliseconds);
    await settle(house);
  };
  const onRead = (act: typeof whileReading) => {
    whileReading = act;
  };
  const typing = () => house.snapshots.ask((stores) => stores.typing.listTyping(hall));
  return { house, database, failures, worker, type, pass, typing, onRead };
}

/** Units run one after another: when these are through, so is what was asked before, and what followed it. */
async function settle(house: House): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await house.unitOfWork.run({}, async () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("typing ends at its time, and nothing is asked for while nobody types", async (t) => {
  const { house, database, type, pass, typing, failures } = await openTyping(t);
  await type(alice, 30_000);
  await type(bob, 60_000);
  await settle(house);
  const before = database.asked;
  await pass(29_999);
  assert.equal(database.asked, before);
  await pass(1);
  assert.deepEqual(await typing(), [bob]);
  await pass(30_000);
  assert.deepEqual(await typing(), []);
  const after = database.asked;
  await pass(3_600_000);
  assert.deepEqual([database.asked, failures], [after, []]);
});

for (const what of ["reads", "writes"] as const) {
  test(`while the database refuses ${what} it is asked every ten seconds, and typing ends afterwards`, async (t) => {
    const { house, database, type, pass, typing, failures } = await openTyping(t);
    await type();
    await settle(house);
    database[what] = false;
    await pass(30_000);
    for (let attempts = 1; attempts < 5; attempts++) {
      const { asked } = database;
      await pass(9_999);
      assert.deepEqual([database.asked, failures.length], [asked, attempts]);
      await pass(1);
      assert.equal(failures.length, attempts + 1);
    }
    assert.deepEqual([...new Set(failures)], ["typing could not be ended"]);
    assert.deepEqual(await typing(), [alice]);
    database[what] = true;
    await pass(10_000);
    assert.deepEqual([await typing(), failures.length], [[], 5]);
  });
}

test("who begins to type while it looks is not overlooked", async (t) => {
  const { house, type, pass, typing, onRead } = await openTyping(t);
  await type(alice, 30_000);
  await settle(house);
  let reads = 0;
  onRead(async () => {
    // The second read of a round is for who ends next.
    if (++reads === 2) await type(bob, 30_000);
  });
  await pass(30_000);
  assert.deepEqual(await typing(), [bob]);
  await pass(30_000);
  assert.deepEqual(await typing(), []);
});

test("it stops also while the database refuses", async (t) => {
  const { database, type, pass, worker } = await openTyping(t);
  await type();
  database.reads = false;
  await pass(30_000);
  await worker.stop();
  const asked = database.asked;
  await pass(60_000);
  assert.equal(database.asked, asked);
});
