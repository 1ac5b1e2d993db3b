import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { contract } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob, noon } from "./owners.ts";
import { cellar, hall } from "./room-ids.ts";

contract("typing", {
  "who types is listed by user id, room by room": async (database) => {
    await change(database, (typing) => typing.put({ roomId: hall, userId: bob, endsAt: noon }, true));
    await change(database, (typing) => typing.put({ roomId: hall, userId: alice, endsAt: noon }, true));
    await change(database, (typing) => typing.put({ roomId: cellar, userId: alice, endsAt: noon + 5 }, true));
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listTyping(hall)), [alice, bob]);
    await change(database, (typing) => typing.remove(hall, alice));
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listTyping(hall)), [bob]);
    const inCellar = await database.snapshots.ask(({ typing }) => typing.findTyping(cellar, alice));
    assert.deepEqual(inCellar, { roomId: cellar, userId: alice, endsAt: noon + 5 });
    assert.equal(await database.snapshots.ask(({ typing }) => typing.findTyping(hall, alice)), undefined);
  },

  "a list changes when somebody begins or ceases, not when somebody types on": async (database) => {
    await change(database, (typing) => typing.put({ roomId: hall, userId: alice, endsAt: noon }, true));
    const begun = await position(database);
    await change(database, (typing) => typing.put({ roomId: hall, userId: alice, endsAt: noon + 9 }, false));
    assert.equal(await position(database), begun);
    const both = [hall, cellar];
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listChangedRooms(both, begun)), []);
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listChangedRooms(both, begun - 1)), [hall]);
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listChangedRooms([cellar], begun - 1)), []);
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listChangedRooms([], 0)), []);
    await change(database, (typing) => typing.remove(hall, alice));
    const ended = await position(database);
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listChangedBetween(begun, ended)), [hall]);
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listChangedBetween(begun - 1, begun)), []);
    await change(database, (typing) => typing.remove(hall, alice));
    assert.equal(await position(database), ended, "nobody has ceased");
  },

  "those whose time is over are listed, the first to end first": async (database) => {
    assert.equal(await database.snapshots.ask(({ typing }) => typing.findFirstEnd()), undefined);
    await change(database, (typing) => typing.put({ roomId: hall, userId: alice, endsAt: noon + 2 }, true));
    await change(database, (typing) => typing.put({ roomId: hall, userId: bob, endsAt: noon + 1 }, true));
    await change(database, (typing) => typing.put({ roomId: cellar, userId: bob, endsAt: noon + 3 }, true));
    assert.equal(await database.snapshots.ask(({ typing }) => typing.findFirstEnd()), noon + 1);
    const ended = await database.snapshots.ask(({ typing }) => typing.listEnded(noon + 2, 10));
    assert.deepEqual(
      ended.map(({ roomId, userId }) => [roomId, userId]),
      [
        [hall, bob],
        [hall, alice],
      ],
    );
    assert.equal((await database.snapshots.ask(({ typing }) => typing.listEnded(noon + 3, 1))).length, 1);
    assert.deepEqual(await database.snapshots.ask(({ typing }) => typing.listEnded(noon, 10)), []);
  },
});

function change(database: TestDatabase, work: (typing: Stores["typing"]) => Promise<void>): Promise<void> {
  return database.unitOfWork.run("everything", ({ typing }) => work(typing));
}

function position(database: TestDatabase): Promise<number> {
  return database.snapshots.ask(({ stream }) => stream.findPosition());
}
