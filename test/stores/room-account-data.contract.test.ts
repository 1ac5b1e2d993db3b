import assert from "node:assert/strict";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob, userNamed } from "./owners.ts";
import { cellar, hall } from "./room-ids.ts";

contract("roomAccountData", {
  "each type of a room has the content that was put last": async (database) => {
    await put(database, alice, hall, "m.tag", "1");
    await put(database, alice, cellar, "m.tag", "2");
    await put(database, bob, hall, "m.tag", "3");
    await put(database, alice, hall, "m.tag", "4");
    await put(database, alice, hall, "a", "5");
    assert.equal(
      await database.snapshots.ask(({ roomAccountData }) => roomAccountData.findContent(alice, hall, "m.tag")),
      "4",
    );
    assert.equal(
      await database.snapshots.ask(({ roomAccountData }) => roomAccountData.findContent(bob, cellar, "m.tag")),
      undefined,
    );
    assert.deepEqual(await database.snapshots.ask(({ roomAccountData }) => roomAccountData.listOfRoom(alice, hall)), [
      { type: "a", content: "5" },
      { type: "m.tag", content: "4" },
    ]);
  },

  "S5: what changed after a position is listed, of all rooms, in order": async (database) => {
    await put(database, alice, hall, "a", "1");
    const since = await position(database);
    await put(database, alice, cellar, "b", "1");
    await put(database, bob, hall, "c", "1");
    await put(database, alice, hall, "a", "1");
    assert.deepEqual(await changed(database, since), [
      { roomId: cellar, type: "b", content: "1" },
      { roomId: hall, type: "a", content: "1" },
    ]);
    assert.deepEqual(await changed(database, await position(database)), []);
  },

  "types and bytes of all rooms are counted, but for one type in one room": async (database) => {
    await put(database, alice, hall, "a", '"\u{1f5dd}"');
    await put(database, alice, cellar, "a", "12");
    await put(database, bob, hall, "a", "123");
    const counts = await database.snapshots.read(async ({ roomAccountData }) => [
      await roomAccountData.countTypes(alice),
      await roomAccountData.countTypes(userNamed("unknown")),
      await roomAccountData.countBytesBeside(alice, hall, "b"),
      await roomAccountData.countBytesBeside(alice, hall, "a"),
      await roomAccountData.countBytesBeside(userNamed("unknown"), hall, "a"),
    ]);
    assert.deepEqual(counts, [2, 0, 8, 2, 0]);
  },

  "a user's data is removed; that of others stays, and so it does when the unit fails": async (database) => {
    for (const user of [alice, bob]) await put(database, user, hall, "a", "1");
    await runAndFail(database.unitOfWork, ({ roomAccountData }) => roomAccountData.removeAll(alice));
    assert.equal((await changed(database, 0)).length, 1);
    await database.unitOfWork.run("everything", ({ roomAccountData }) => roomAccountData.removeAll(alice));
    assert.deepEqual(await changed(database, 0), []);
    assert.equal(await database.snapshots.ask(({ roomAccountData }) => roomAccountData.countTypes(bob)), 1);
  },
});

function put(database: TestDatabase, userId: UserId, roomId: RoomId, type: string, content: string): Promise<void> {
  return database.unitOfWork.run("everything", ({ roomAccountData }) =>
    roomAccountData.put(userId, { roomId, type, content }),
  );
}

function changed(database: TestDatabase, since: number) {
  return database.snapshots.ask(({ roomAccountData }) => roomAccountData.listChanged(alice, since));
}

function position(database: TestDatabase): Promise<number> {
  return database.snapshots.ask(({ stream }) => stream.findPosition());
}
