import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, east, noon, phone, serverNamed, userNamed, west } from "./owners.ts";

contract("listeningServers", {
  "X6: the servers that hear of a user are listed by name": async (database) => {
    await put(database, alice, west, noon);
    await put(database, alice, east, noon + 1);
    await put(database, bob, west, noon);
    assert.deepEqual(await list(database, alice), [east, west]);
    assert.deepEqual(await list(database, bob), [west]);
    assert.deepEqual(await list(database, userNamed("carol")), []);
  },

  "when a server was last heard of is put anew": async (database) => {
    assert.equal(await heardAt(database, alice, east), undefined);
    await put(database, alice, east, noon);
    await put(database, alice, east, noon + 1);
    assert.equal(await heardAt(database, alice, east), noon + 1);
    assert.equal(await heardAt(database, bob, east), undefined);
    assert.equal(await heardAt(database, alice, west), undefined);
    assert.deepEqual(await list(database, alice), [east]);
  },

  "who has not been heard of is forgotten, with what it was told and is to be told": async (database) => {
    for (const [user, server, at] of [
      [alice, east, noon - 1],
      [alice, west, noon],
      [bob, east, noon],
    ] as const) {
      await put(database, user, server, at);
      await database.unitOfWork.run("everything", async ({ destinations, federationQueue }) => {
        await destinations.putToldStreamId(server, user, 7);
        await federationQueue.noteChange([server], user, phone.deviceId);
      });
    }
    await forget(database, noon);
    assert.deepEqual([await list(database, alice), await list(database, bob)], [[west], [east]]);
    assert.deepEqual(
      await database.snapshots.read(async ({ destinations, federationQueue }) => ({
        told: [
          await destinations.findToldStreamId(east, alice),
          await destinations.findToldStreamId(west, alice),
          await destinations.findToldStreamId(east, bob),
        ],
        east: (await federationQueue.listChanges(east, 2 ** 52, 10)).map(({ userId }) => userId),
        west: (await federationQueue.listChanges(west, 2 ** 52, 10)).map(({ userId }) => userId),
      })),
      { told: [undefined, 7, 7], east: [bob], west: [alice] },
    );
  },

  "who is heard of while the others are forgotten is not": async (database) => {
    for (let round = 0; round < 20; round++) {
      await put(database, alice, east, noon - 1);
      await Promise.all([put(database, alice, east, noon + round), forget(database, noon)]);
      assert.equal(await heardAt(database, alice, east), noon + round);
    }
  },

  "users and servers may be any text": async (database) => {
    for (const text of oddTexts) await put(database, userNamed(text), serverNamed(text), noon);
    for (const text of oddTexts) await put(database, alice, serverNamed(text), noon);
    for (const text of oddTexts) assert.deepEqual(await list(database, userNamed(text)), [text]);
    assert.equal((await list(database, alice)).length, oddTexts.length);
    await forget(database, noon + 1);
    assert.deepEqual(await list(database, alice), []);
  },

  "a unit that fails puts and forgets nothing": async (database) => {
    await put(database, alice, east, noon);
    await runAndFail(database.unitOfWork, async ({ listeningServers }) => {
      await listeningServers.put(alice, west, noon);
      await listeningServers.forgetBefore(noon + 1);
    });
    assert.deepEqual(await list(database, alice), [east]);
  },
});

function put({ unitOfWork }: TestDatabase, user: typeof alice, server: typeof east, at: number): Promise<void> {
  return unitOfWork.run({ shared: [user] }, ({ listeningServers }) => listeningServers.put(user, server, at));
}

function forget({ unitOfWork }: TestDatabase, before: number): Promise<void> {
  return unitOfWork.run({}, ({ listeningServers }) => listeningServers.forgetBefore(before));
}

function list({ snapshots }: TestDatabase, user: typeof alice) {
  return snapshots.read(({ listeningServers }) => listeningServers.listServers(user));
}

function heardAt({ snapshots }: TestDatabase, user: typeof alice, server: typeof east) {
  return snapshots.read(({ listeningServers }) => listeningServers.findHeardAt(user, server));
}
