import assert from "node:assert/strict";
import { StorageInconsistencyError } from "../../src/adapters/sql/storage-inconsistency-error.ts";
import { nextEpoch } from "../../src/domain/kernel/stream-position.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob, laptop, phone } from "./owners.ts";

const message = { sender: bob, type: "m.room.encrypted", content: "{}" };

contract("stream", {
  "one counter gives positions to changes of every kind, in the order of the unit": async (database) => {
    const start = await position(database);
    await database.unitOfWork.run("everything", async ({ accountData, audience, deviceLists, toDevice }) => {
      await toDevice.deliver(phone, message);
      await accountData.put(alice, { type: "a", content: "{}" });
      await audience.introduce(alice, bob);
      await deviceLists.recordChange(bob, "public");
      await deviceLists.recordChange(alice, "own");
      await deviceLists.recordSignatureNotice(alice, bob);
      await toDevice.deliver(phone, message);
    });
    const [first, last] = await inbox(database);
    assert.ok(first! > start);
    assert.equal(last, first! + 6);
    assert.equal(await position(database), last);
    const heard: string[] = [];
    for (let since = first!; since <= last!; since++) heard.push((await changes(database, since)).join(" "));
    const user = "@bob:example.org";
    const both = `@alice:example.org ${user}`;
    assert.deepEqual(heard, [`a ${both}`, both, both, both, user, "", ""]);
  },

  "one-time keys, fallback keys, filters and devices take no position": async (database) => {
    const start = await position(database);
    await database.unitOfWork.run("everything", async ({ devices, fallbackKeys, filters, oneTimeKeys }) => {
      await devices.add(phone, undefined, { at: 0, ip: "::1" });
      await filters.put(alice, "1", "{}");
      await oneTimeKeys.retireAllPools();
      await fallbackKeys.markAllUsed();
    });
    assert.equal(await position(database), start);
  },

  "a unit's changes are at its end, and until then no position shows them": async (database) => {
    const start = await position(database);
    await database.unitOfWork.run("everything", async ({ stream, toDevice }) => {
      await toDevice.deliver(phone, message);
      assert.equal(await stream.findPosition(), start);
    });
    assert.ok((await position(database)) > start);
  },

  "a snapshot's position is exactly that of the newest change in it, while units commit": async (database) => {
    const writing = Array.from({ length: 60 }, async (_, index) => {
      await pause(index % 6);
      await database.unitOfWork.run("everything", async ({ toDevice, accountData }) => {
        await accountData.put(alice, { type: "count", content: `${index}` });
        await toDevice.deliver(phone, { ...message, content: `${index}` });
        if (index % 5 === 0) throw new Error("one that fails");
      });
    });
    const reading = Array.from({ length: 60 }, async (_, index) => {
      await pause(index % 6);
      return database.snapshots.read(async ({ accountData, stream, toDevice }) => ({
        position: await stream.findPosition(),
        last: (await toDevice.listAfter(phone, 0, 1000)).at(-1),
        count: await accountData.findContent(alice, "count"),
      }));
    });
    const [, seen] = await Promise.all([Promise.allSettled(writing), Promise.all(reading)]);
    for (const snapshot of seen) {
      assert.equal(snapshot.position, snapshot.last?.position ?? 0);
      assert.equal(snapshot.count, snapshot.last?.content);
    }
    assert.equal((await inbox(database)).length, 48);
  },

  "a unit that fails takes no position, and its neighbours' rise": async (database) => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        database.unitOfWork.run("everything", async ({ toDevice }) => {
          await toDevice.deliver(index % 2 === 0 ? phone : laptop, message);
          if (index % 2 === 1) throw new Error("one that fails");
        }),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 5);
    const positions = await inbox(database);
    assert.equal(positions.length, 5);
    assert.equal(positions.at(-1), await position(database));
    assert.deepEqual(await inbox(database, laptop), []);
  },

  "E5: a new epoch begins above every position, and what follows is above it": async (database) => {
    await database.unitOfWork.run("everything", ({ toDevice }) => toDevice.deliver(phone, message));
    const before = await position(database);
    const begun = await database.unitOfWork.run("everything", async ({ stream, toDevice }) => {
      await toDevice.deliver(phone, message);
      return stream.beginEpoch();
    });
    assert.equal(begun, nextEpoch(before));
    const [old, inSameUnit] = await inbox(database);
    assert.ok(old! < begun && inSameUnit! > begun);
    await database.unitOfWork.run("everything", ({ toDevice }) => toDevice.deliver(phone, message));
    const [, , later] = await inbox(database);
    assert.ok(later! > inSameUnit!);
    assert.equal(await position(database), later);
    assert.equal(await database.unitOfWork.run("everything", ({ stream }) => stream.beginEpoch()), nextEpoch(begun));
    assert.equal(await position(database), nextEpoch(begun));
  },

  "E5: epochs that are begun at once never move the counter back": async (database) => {
    const begin = () => database.unitOfWork.run("everything", ({ stream }) => stream.beginEpoch());
    const begun = await Promise.all([begin(), begin(), begin()]);
    for (const each of begun) assert.ok(each >= nextEpoch(0));
    assert.equal(await position(database), Math.max(...begun));
  },

  "a unit that fails begins no epoch": async (database) => {
    await database.unitOfWork.run("everything", ({ toDevice }) => toDevice.deliver(phone, message));
    const before = await position(database);
    await runAndFail(database.unitOfWork, ({ stream }) => stream.beginEpoch());
    assert.equal(await position(database), before);
    await database.unitOfWork.run("everything", ({ toDevice }) => toDevice.deliver(phone, message));
    assert.equal(await position(database), before + 1);
  },

  "without its counter the database is inconsistent: it neither reads nor writes positions": async (database) => {
    await database.tamper((session) => session.run("test.lose-counter", session.db.deleteFrom("stream")));
    await assert.rejects(position(database), StorageInconsistencyError);
    await assert.rejects(database.unitOfWork.run("everything", ({ toDevice }) => toDevice.deliver(phone, message)));
  },
});

function position({ snapshots }: TestDatabase): Promise<number> {
  return snapshots.read(({ stream }) => stream.findPosition());
}

async function inbox({ snapshots }: TestDatabase, owner = phone): Promise<number[]> {
  const waiting = await snapshots.read(({ toDevice }) => toDevice.listAfter(owner, 0, 1000));
  return waiting.map((each) => each.position);
}

/** Types of account data and users that alice hears of, sorted. */
function changes({ snapshots }: TestDatabase, since: number): Promise<string[]> {
  return snapshots.read(async ({ accountData, deviceLists }) => {
    const types = (await accountData.listChanged(alice, since)).map(({ type }) => type);
    return [...types, ...(await deviceLists.listChanges(alice, since)).changed.toSorted()];
  });
}

/** Some turns of the event loop. */
async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
