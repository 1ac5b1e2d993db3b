import assert from "node:assert/strict";
import type { RoomAlias } from "../../src/protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, noon } from "./owners.ts";
import { cellar, hall } from "./room-ids.ts";

contract("roomAliases", {
  "an alias is found with its room and who made it": async (database) => {
    await add(database, "a", hall);
    assert.deepEqual(await find(database, "a"), { alias: named("a"), roomId: hall, creator: alice });
    assert.equal(await find(database, "b"), undefined);
  },

  "a room's aliases are listed in order, and counted": async (database) => {
    for (const name of ["b", "C", "a", "ä"]) await add(database, name, hall);
    await add(database, "other", cellar);
    assert.deepEqual(await list(database, hall), ["C", "a", "b", "ä"].map(named));
    assert.deepEqual(await list(database, cellar), [named("other")]);
    assert.deepEqual([await count(database, hall), await count(database, cellar)], [4, 1]);
    const nowhere = "!nowhere" as RoomId;
    assert.deepEqual([await list(database, nowhere), await count(database, nowhere)], [[], 0]);
  },

  "an alias that exists is not added again, and stays as it was": async (database) => {
    await add(database, "a", hall);
    const again = { alias: named("a"), roomId: cellar, creator: bob };
    await assert.rejects(database.unitOfWork.run("everything", ({ roomAliases }) => roomAliases.add(again, noon)));
    assert.equal((await find(database, "a"))?.roomId, hall);
  },

  "an alias that was removed is gone, and can be made anew": async (database) => {
    await add(database, "a", hall);
    await add(database, "b", hall);
    await remove(database, "a");
    await remove(database, "unknown");
    assert.deepEqual(await list(database, hall), [named("b")]);
    await add(database, "a", cellar);
    assert.equal((await find(database, "a"))?.roomId, cellar);
  },

  "a unit that fails leaves the aliases as they were": async (database) => {
    await add(database, "a", hall);
    await runAndFail(database.unitOfWork, ({ roomAliases }) => roomAliases.remove(named("a")));
    await runAndFail(database.unitOfWork, ({ roomAliases }) =>
      roomAliases.add({ alias: named("b"), roomId: hall, creator: alice }, noon),
    );
    assert.deepEqual(await list(database, hall), [named("a")]);
  },

  "aliases and rooms may be any text": async (database) => {
    for (const text of oddTexts) await add(database, text, text as RoomId);
    for (const text of oddTexts) {
      assert.equal((await find(database, text))?.roomId, text);
      assert.deepEqual(await list(database, text as RoomId), [named(text)]);
    }
  },
});

function named(name: string): RoomAlias {
  return `#${name}:example.org` as RoomAlias;
}

async function add({ unitOfWork }: TestDatabase, name: string, roomId: RoomId): Promise<void> {
  const entry = { alias: named(name), roomId, creator: alice };
  await unitOfWork.run("everything", ({ roomAliases }) => roomAliases.add(entry, noon));
}

async function remove({ unitOfWork }: TestDatabase, name: string): Promise<void> {
  await unitOfWork.run("everything", ({ roomAliases }) => roomAliases.remove(named(name)));
}

function find({ snapshots }: TestDatabase, name: string) {
  return snapshots.read(({ roomAliases }) => roomAliases.findAlias(named(name)));
}

function list({ snapshots }: TestDatabase, roomId: RoomId): Promise<RoomAlias[]> {
  return snapshots.read(({ roomAliases }) => roomAliases.listAliases(roomId));
}

function count({ snapshots }: TestDatabase, roomId: RoomId): Promise<number> {
  return snapshots.read(({ roomAliases }) => roomAliases.countAliases(roomId));
}
