import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { ReadingAll, Snapshots } from "../../src/domain/kernel/unit-of-work.ts";
import type { SyncToken } from "../../src/protocol/sync-token.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import type { CrashableDatabase } from "./crashable-database.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below } from "./key-requests.ts";
import { askSync, deviceOf, openCrashable } from "./open-crashable.ts";
import { raceEngines } from "./race-engines.ts";

const bob = deviceOf("bob");

function deliver({ database }: CrashableDatabase, first: number, count: number): Promise<void> {
  return database.unitOfWork.run("everything", async ({ toDevice }) => {
    for (let number = first; number < first + count; number++) {
      await toDevice.deliver(bob, {
        sender: deviceOf("alice").userId,
        type: "m.test",
        content: `{"number":${number}}`,
      });
    }
  });
}

/** The server dies in this read, or right after it. */
function dyingIn(store: CrashableDatabase, read: number, moment: "before" | "after"): Snapshots<Stores> {
  let reads = 0;
  const { snapshots } = store.database;
  return {
    ask: (work) => snapshots.ask(work),
    async read<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
      if (++reads !== read) return snapshots.read(work);
      if (moment === "after") await snapshots.read(work);
      await store.crash();
      throw new Error("killed");
    },
  };
}

const moments = raceEngines.flatMap((engine) => (["before", "after"] as const).map((moment) => ({ engine, moment })));

for (const { engine, moment } of moments) {
  test(`S3: killed between acknowledging and answering, ${moment} reading, a sync loses nothing (${engine.name})`, async (t) => {
    const { store, clock, notifier } = await openCrashable(t, engine);
    await store.addDevices(bob);
    await deliver(store, 0, 150);
    const deps = () => ({ ...store.database, unitOfWork: store.database.unitOfWork, notifier, clock });
    const first = await askSync({ ...deps(), snapshots: store.database.snapshots }, bob, undefined);
    assert.equal(first.device?.toDevice.length, 100);
    // The first read asks whether there is something to acknowledge, the second one answers.
    const dying = askSync({ ...deps(), snapshots: dyingIn(store, 2, moment) }, bob, first.nextBatch);
    await assert.rejects(dying, /killed/);
    const owner = await store.database.snapshots.read(({ toDevice }) => toDevice.listAfter(bob, 0, 200));
    assert.equal(owner.length, 50, "the acknowledgement was committed");
    const second = await askSync({ ...deps(), snapshots: store.database.snapshots }, bob, first.nextBatch);
    assert.deepEqual(
      second.device?.toDevice.map(({ content }) => content),
      Array.from({ length: 50 }, (_, index) => `{"number":${100 + index}}`),
    );
  });
}

for (const engine of raceEngines) {
  test(`S3: crashes anywhere among deliveries and syncs lose and repeat nothing for a client that keeps its token (${engine.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const { store, clock, notifier } = await openCrashable(t, engine);
    await store.addDevices(bob);
    const received: number[] = [];
    let delivered = 0;
    let since: SyncToken | undefined;
    let crashes = 0;
    for (let round = 0; round < 150 * times; round++) {
      const { life } = store;
      const { unitOfWork, snapshots } = store.database;
      const [count, start, stepsToLive] = [below(random, 60), below(random, 4), below(random, 8)];
      const delivering = store.steps(start).then(() => {
        return life.over ? undefined : life.answer(deliver(store, delivered, count));
      });
      const answering = life.answer(askSync({ unitOfWork, snapshots, notifier, clock }, bob, since)).then((answer) => {
        if (!answer) return;
        since = answer.nextBatch;
        received.push(...(answer.device?.toDevice ?? []).map(({ content }) => JSON.parse(content).number as number));
      });
      const ended = Promise.all([delivering, answering]);
      if (random() < 0.4) {
        await store.steps(stepsToLive);
        await store.crash();
        crashes++;
      }
      await ended;
      // An unanswered delivery has happened wholly or not at all.
      const waiting = await store.database.snapshots.read(({ toDevice }) => toDevice.listAfter(bob, 0, 10_000));
      const last = waiting.at(-1);
      const stored = last ? JSON.parse(last.content).number + 1 : delivered;
      assert.ok(stored === delivered || stored === delivered + count, `${stored}, not ${delivered} or ${count} more`);
      if (!life.over) assert.equal(stored, delivered + count, "E4: answered");
      delivered = stored;
    }
    const { unitOfWork, snapshots } = store.database;
    while (received.length < delivered) {
      const answer = await askSync({ unitOfWork, snapshots, notifier, clock }, bob, since);
      since = answer.nextBatch;
      const next = (answer.device?.toDevice ?? []).map(({ content }) => JSON.parse(content).number as number);
      assert.notEqual(next.length, 0, `S3: ${delivered - received.length} messages are lost`);
      received.push(...next);
    }
    assert.deepEqual(
      received,
      Array.from({ length: delivered }, (_, number) => number),
    );
    t.diagnostic(`${delivered} messages, ${crashes} crashes`);
  });
}
