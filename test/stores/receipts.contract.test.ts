import assert from "node:assert/strict";
import type { Receipt } from "../../src/domain/receipts/receipt-store.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob, noon } from "./owners.ts";
import { cellar, eventNamed, hall } from "./room-ids.ts";

const read: Receipt = {
  roomId: hall,
  userId: alice,
  type: "m.read",
  threadId: undefined,
  eventId: eventNamed("e1"),
  eventPosition: 1,
  receivedAt: noon,
};
const later: Receipt = { ...read, eventId: eventNamed("e2"), eventPosition: 2, receivedAt: noon + 1 };
const secret: Receipt = { ...later, type: "m.read.private" };
const inThread: Receipt = { ...read, threadId: "$root" };

contract("receipts", {
  "one is kept for each room, user, type and thread": async (database) => {
    const others = [secret, inThread, { ...read, userId: bob }, { ...read, roomId: cellar }];
    for (const receipt of [read, ...others, later]) await put(database, receipt);
    assert.deepEqual(
      await database.snapshots.ask(({ receipts }) => receipts.findReceipt(hall, alice, "m.read", undefined)),
      later,
    );
    assert.deepEqual(
      await database.snapshots.ask(({ receipts }) => receipts.findReceipt(hall, alice, "m.read", "$root")),
      inThread,
    );
    assert.equal(
      await database.snapshots.ask(({ receipts }) => receipts.findReceipt(cellar, bob, "m.read", undefined)),
      undefined,
    );
    const own = await database.snapshots.ask(({ receipts }) => receipts.listOwn(hall, alice));
    assert.deepEqual(new Set(own), new Set([later, secret, inThread]));
  },

  "what changed in a room after a position is listed; private ones are their user's alone": async (database) => {
    await put(database, read);
    const since = await position(database);
    for (const receipt of [secret, { ...read, userId: bob }, { ...read, roomId: cellar }]) await put(database, receipt);
    assert.deepEqual(await database.snapshots.ask(({ receipts }) => receipts.listChanged(hall, bob, since)), [
      { ...read, userId: bob },
    ]);
    const ofAlice = await database.snapshots.ask(({ receipts }) => receipts.listChanged(hall, alice, since));
    assert.deepEqual(ofAlice, [secret, { ...read, userId: bob }]);
    assert.deepEqual(await database.snapshots.ask(({ receipts }) => receipts.listChanged(hall, alice, since + 3)), []);
  },

  "public ones of all rooms are listed in order, from a range, so many at a time": async (database) => {
    for (const receipt of [read, secret, { ...read, userId: bob }, { ...read, roomId: cellar }]) {
      await put(database, receipt);
    }
    const end = await position(database);
    const all = await database.snapshots.ask(({ receipts }) => receipts.listPublicBetween(0, end, 10));
    assert.deepEqual(
      all.map(({ roomId, userId, position: at }) => [roomId, userId, at]),
      [
        [hall, alice, end - 3],
        [hall, bob, end - 1],
        [cellar, alice, end],
      ],
    );
    const page = await database.snapshots.ask(({ receipts }) => receipts.listPublicBetween(end - 3, end, 1));
    assert.deepEqual(
      page.map(({ userId }) => userId),
      [bob],
    );
    assert.deepEqual(
      await database.snapshots.ask(({ receipts }) => receipts.listPublicBetween(end - 3, end - 2, 10)),
      [],
    );
  },

  "a unit that fails leaves no receipt": async (database) => {
    await runAndFail(database.unitOfWork, ({ receipts }) => receipts.put(read));
    assert.deepEqual(await database.snapshots.ask(({ receipts }) => receipts.listOwn(hall, alice)), []);
  },
});

function put(database: TestDatabase, receipt: Receipt): Promise<void> {
  return database.unitOfWork.run("everything", ({ receipts }) => receipts.put(receipt));
}

function position(database: TestDatabase): Promise<number> {
  return database.snapshots.ask(({ stream }) => stream.findPosition());
}
