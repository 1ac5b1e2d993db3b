import assert from "node:assert/strict";
import type { WakeName } from "../../src/domain/kernel/unit-of-work.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { putMembership, putRoom } from "../support/stored-rooms.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, carol, eve, userNamed } from "./owners.ts";

contract("audience", {
  "S2: everybody hears of itself, without having met anybody": async (database) => {
    assert.deepEqual(await audienceOf(database, alice), [alice]);
    assert.equal(await introduce(database, alice, alice), false);
    assert.deepEqual(await audienceOf(database, alice), [alice]);
  },

  "two who were introduced hear of each other, and of nobody through each other": async (database) => {
    await introduce(database, alice, bob);
    await introduce(database, bob, carol);
    assert.deepEqual(await audienceOf(database, alice), [alice, bob]);
    assert.deepEqual(await audienceOf(database, bob), [alice, bob, carol]);
    assert.deepEqual(await audienceOf(database, carol), [bob, carol]);
  },

  "who know each other are not new to each other, whoever asks": async (database) => {
    assert.equal(await introduce(database, alice, bob), true);
    assert.equal(await introduce(database, alice, bob), false);
    assert.equal(await introduce(database, bob, alice), false);
    assert.equal(await introduce(database, alice, carol), true);
    assert.deepEqual(await audienceOf(database, alice), [alice, bob, carol]);
  },

  "of several users it is told whom each of them knows, without themselves": async (database) => {
    await introduce(database, alice, bob);
    await introduce(database, bob, carol);
    const pairs = (...users: UserId[]) =>
      database.snapshots.read(async ({ audience }) => (await audience.listAcquaintances(users)).sort());
    assert.deepEqual(await pairs(), []);
    assert.deepEqual(await pairs(userNamed("stranger")), []);
    assert.deepEqual(await pairs(carol), [[carol, bob]]);
    assert.deepEqual(await pairs(alice, bob), [
      [alice, bob],
      [bob, alice],
      [bob, carol],
    ]);
  },

  "a new pair takes a position of its own, one that knows each other takes none": async (database) => {
    const atFirst = await position(database);
    await introduce(database, alice, bob);
    const met = await position(database);
    assert.ok(met > atFirst);
    await introduce(database, bob, alice);
    await introduce(database, carol, carol);
    assert.equal(await position(database), met);
    await database.unitOfWork.run("everything", async ({ audience }) => {
      await audience.introduce(carol, alice);
      await audience.introduce(carol, bob);
    });
    assert.ok((await position(database)) >= met + 2);
    const since = await position(database);
    const changed = async (after: number) =>
      (await database.snapshots.read(({ deviceLists }) => deviceLists.listChanges(carol, after))).changed;
    assert.deepEqual(await changed(met), [alice, bob]);
    assert.deepEqual(await changed(since - 1), [bob]);
  },

  "introductions of one pair that run at once make one acquaintance": async (database) => {
    await Promise.all([
      introduce(database, alice, bob),
      introduce(database, bob, alice),
      introduce(database, alice, bob),
    ]);
    assert.deepEqual(await audienceOf(database, alice), [alice, bob]);
    assert.deepEqual(await audienceOf(database, bob), [alice, bob]);
  },

  "a unit that fails introduces nobody": async (database) => {
    const before = await position(database);
    await runAndFail(database.unitOfWork, ({ audience }) => audience.introduce(alice, bob));
    assert.deepEqual(await audienceOf(database, alice), [alice]);
    assert.deepEqual(await audienceOf(database, bob), [bob]);
    assert.equal(await position(database), before);
    assert.equal(await introduce(database, alice, bob), true);
  },

  "S2: the rooms that a user is in are woken too, and those that it has left are not": async (database) => {
    const [here, there] = ["!here", "!there"] as [RoomId, RoomId];
    await database.unitOfWork.run("everything", async (stores) => {
      await putRoom(stores, here, alice, bob);
      await putRoom(stores, there, alice);
      await stores.audience.introduce(alice, eve);
    });
    assert.deepEqual(await audienceOf(database, alice), [here, there, alice, eve]);
    assert.deepEqual(await audienceOf(database, bob), [here, bob]);
    await database.unitOfWork.run("everything", (stores) => putMembership(stores, here, alice, "leave", "join"));
    assert.deepEqual(await audienceOf(database, alice), [there, alice, eve]);
  },

  "users may be named by any text": async (database) => {
    const users = oddTexts.map(userNamed);
    await database.unitOfWork.run("everything", async ({ audience }) => {
      for (const user of users) await audience.introduce(alice, user);
    });
    assert.deepEqual(await audienceOf(database, alice), [alice, ...users].sort());
    for (const user of users) assert.deepEqual(await audienceOf(database, user), [alice, user].sort());
  },
});

function introduce({ unitOfWork }: TestDatabase, user: UserId, other: UserId): Promise<boolean> {
  return unitOfWork.run("everything", ({ audience }) => audience.introduce(user, other));
}

/** Sorted. */
async function audienceOf({ snapshots }: TestDatabase, user: UserId): Promise<WakeName[]> {
  return (await snapshots.read(({ audience }) => audience.listAudience(user))).sort();
}

function position({ snapshots }: TestDatabase): Promise<number> {
  return snapshots.read(({ stream }) => stream.findPosition());
}
