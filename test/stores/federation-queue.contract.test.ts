import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, east, laptop, noon, phone, serverNamed, userNamed, west } from "./owners.ts";

const all = 2 ** 52;

contract("federationQueue", {
  "S3: messages wait in the order in which they were added, each at a position of its own": async (database) => {
    await add(database, east, "1", "2");
    await add(database, west, "of another");
    await add(database, east, "3");
    assert.deepEqual(await edus(database), ["1", "2", "3"]);
    assert.deepEqual(await edus(database, west), ["of another"]);
    const positions = (await messages(database)).map(({ position }) => position);
    assert.ok(positions[0]! > 0 && positions[0]! < positions[1]! && positions[1]! < positions[2]!);
    assert.equal(await position(database), positions[2]);
  },

  "S3: messages that are added at once get different positions, those of one unit in its order": async (database) => {
    await Promise.all(Array.from({ length: 20 }, (_, unit) => add(database, east, `${unit}a`, `${unit}b`)));
    const waiting = await edus(database);
    assert.equal(new Set(waiting).size, 40);
    for (let unit = 0; unit < 20; unit++) assert.ok(waiting.indexOf(`${unit}a`) < waiting.indexOf(`${unit}b`));
  },

  "the first messages are listed, no more than the limit, and removed up to a position": async (database) => {
    await add(database, east, "1", "2", "3");
    await add(database, west, "of another");
    const [first, second] = await messages(database);
    assert.deepEqual(await edus(database, east, 2), ["1", "2"]);
    await change(database, (queue) => queue.removeMessagesUpTo(east, first!.position - 1));
    assert.equal((await edus(database)).length, 3);
    await change(database, (queue) => queue.removeMessagesUpTo(east, second!.position));
    assert.deepEqual(await edus(database), ["3"]);
    assert.deepEqual(await edus(database, west), ["of another"]);
  },

  "X6: a change is noted for all servers at one position, once however often it comes": async (database) => {
    await note(database, [east, west], alice, "PHONE");
    await note(database, [east], bob, undefined);
    const [first, second] = await changes(database);
    assert.deepEqual([first!.userId, first!.deviceId], [alice, "PHONE"]);
    assert.deepEqual([second!.userId, second!.deviceId], [bob, undefined]);
    assert.deepEqual(await changes(database, west), [first]);
    await note(database, [west, east], alice, "PHONE");
    const [kept, raised] = await changes(database);
    assert.deepEqual(kept, second);
    assert.ok(raised!.position > second!.position);
    assert.deepEqual(await changes(database, west), [raised]);
    assert.equal(await position(database), raised!.position);
  },

  "E5: after a restore a change is noted for each server and user that was told of": async (database) => {
    await change(database, (queue) => queue.noteAllTold());
    assert.equal(await position(database), 0);
    await database.unitOfWork.run("everything", async ({ destinations, deviceKeys, federationQueue }) => {
      const keys = {
        userId: alice,
        deviceId: phone.deviceId,
        json: "{}",
        ed25519: "E",
        curve25519: "C",
        signatures: {},
      };
      await deviceKeys.put(phone, keys, "{}");
      await destinations.putToldStreamId(east, alice, 5);
      await destinations.putToldStreamId(west, bob, 7);
      await federationQueue.noteAllTold();
    });
    assert.deepEqual(
      (await changes(database)).map(({ userId, deviceId }) => [userId, deviceId]),
      [[alice, phone.deviceId]],
    );
    assert.deepEqual(
      (await changes(database, west)).map(({ userId, deviceId }) => [userId, deviceId]),
      // A device, though there is none: of cross-signing keys no update says that one before it was missed.
      [[bob, "NONE"]],
    );
  },

  "a unit may note several devices, and one device several times": async (database) => {
    await change(database, async (queue) => {
      for (const device of ["A", "B", "A"]) await queue.noteChange([east], alice, device as DeviceId);
      await queue.noteChange([east], alice, undefined);
      await queue.noteChange([], alice, "C" as DeviceId);
    });
    assert.deepEqual(
      (await changes(database)).map(({ deviceId }) => deviceId),
      ["B", "A", undefined],
    );
  },

  "changes are listed up to a position, no more than the limit, and removed up to one": async (database) => {
    for (const device of ["A", "B", "C"]) await note(database, [east, west], alice, device);
    const [first, second, third] = await changes(database);
    assert.deepEqual(await changes(database, east, second!.position), [first, second]);
    assert.deepEqual(await changes(database, east, all, 1), [first]);
    await note(database, [east], alice, "A");
    await change(database, (queue) => queue.removeChangesUpTo(east, second!.position));
    const left = await changes(database);
    assert.deepEqual(
      left.map(({ deviceId }) => deviceId),
      ["C", "A"],
    );
    assert.deepEqual(left[0], third);
    assert.equal((await changes(database, west)).length, 3);
  },

  "changes of one user are removed, and those that came since stay": async (database) => {
    await note(database, [east, west], alice, "A");
    await note(database, [east], alice, undefined);
    await note(database, [east], bob, "A");
    const upTo = await position(database);
    await note(database, [east], alice, "B");
    await change(database, (queue) => queue.removeChangesOf(east, alice, upTo));
    assert.deepEqual(
      (await changes(database)).map(({ userId, deviceId }) => [userId, deviceId]),
      [
        [bob, "A"],
        [alice, "B"],
      ],
    );
    assert.equal((await changes(database, west)).length, 1);
  },

  "a change that is noted while what was told is removed is not lost": async (database) => {
    for (let round = 0; round < 20; round++) {
      await note(database, [east], alice, "A");
      const told = (await changes(database)).at(-1)!.position;
      await Promise.all([
        database.unitOfWork.run({}, ({ federationQueue }) => federationQueue.noteChange([east], alice, phone.deviceId)),
        note(database, [east], alice, "A"),
        database.unitOfWork.run({}, ({ federationQueue }) => federationQueue.removeChangesUpTo(east, told)),
        database.unitOfWork.run({}, ({ federationQueue }) => federationQueue.removeChangesOf(east, alice, told)),
      ]);
      const left = (await changes(database)).filter(({ position }) => position > told);
      assert.deepEqual(left.map(({ deviceId }) => deviceId).sort(), ["A", "PHONE"]);
      await change(database, (queue) => queue.removeChangesUpTo(east, all));
    }
  },

  "units that note changes for the same servers in different orders do not hinder each other": async (database) => {
    const servers = Array.from({ length: 30 }, (_, index) => serverNamed(`s${index}.test`));
    const noting = Array.from({ length: 30 }, (_, unit) =>
      database.unitOfWork.run({}, async ({ federationQueue }) => {
        const ordered = unit % 2 === 0 ? servers : servers.toReversed();
        await federationQueue.noteChange(ordered, unit % 3 === 0 ? alice : bob, phone.deviceId);
        await federationQueue.noteChange(ordered.slice(unit), alice, laptop.deviceId);
      }),
    );
    await Promise.all(noting);
    for (const server of servers) {
      const waiting = (await changes(database, server)).map(({ userId, deviceId }) => `${userId} ${deviceId}`);
      assert.deepEqual(waiting.toSorted(), [`${alice} LAPTOP`, `${alice} PHONE`, `${bob} PHONE`]);
    }
  },

  "thousands of servers are noted in one call": async (database) => {
    const servers = Array.from({ length: 5000 }, (_, index) => serverNamed(`s${String(index).padStart(4, "0")}.test`));
    await note(database, servers, alice, "PHONE");
    await note(database, servers, alice, "PHONE");
    const listed = await database.snapshots.read(({ federationQueue }) =>
      federationQueue.listDestinations(undefined, 10_000),
    );
    assert.deepEqual(listed, servers);
    assert.equal((await changes(database, servers[77])).length, 1);
  },

  "servers for which something waits are listed by name, once, page by page": async (database) => {
    assert.deepEqual(await pages(database, 10), []);
    await add(database, serverNamed("a.test"), "1", "2");
    await note(database, ["a.test", "b.test", "d.test"].map(serverNamed), alice, "PHONE");
    await database.unitOfWork.run("everything", async ({ destinations }) => {
      for (const name of ["b.test", "c.test"]) {
        await destinations.addTransaction(serverNamed(name), { id: "T", body: "{}", madeAt: noon });
      }
    });
    await add(database, serverNamed("e.test:8448"), "1");
    const expected = ["a.test", "b.test", "c.test", "d.test", "e.test:8448"];
    for (const limit of [1, 2, 5, 10]) assert.deepEqual(await pages(database, limit), expected);
  },

  "a message, a change or a transaction is something that waits": async (database) => {
    const has = (server = east) => database.snapshots.read(({ federationQueue: queue }) => queue.hasWaiting(server));
    assert.equal(await has(), false);
    await add(database, east, "1");
    assert.deepEqual([await has(), await has(west)], [true, false]);
    await note(database, [east], alice, "PHONE");
    await change(database, (queue) => queue.removeMessagesUpTo(east, all));
    assert.equal(await has(), true);
    await database.unitOfWork.run("everything", async ({ destinations, federationQueue }) => {
      await federationQueue.removeChangesUpTo(east, all);
      await destinations.addTransaction(east, { id: "T", body: "{}", madeAt: noon });
    });
    assert.equal(await has(), true);
    await database.unitOfWork.run("everything", ({ destinations }) => destinations.removeTransaction(east, "T"));
    assert.equal(await has(), false);
  },

  "what waits is counted up to a number": async (database) => {
    const count = (most: number, server = east) =>
      database.snapshots.read(({ federationQueue: queue }) => queue.countWaiting(server, most));
    assert.equal(await count(10), 0);
    await add(database, east, "1", "2", "3");
    await note(database, [east, west], alice, "A");
    await note(database, [east], alice, "B");
    assert.deepEqual([await count(10), await count(5), await count(4), await count(2)], [5, 5, 4, 2]);
    assert.equal(await count(10, west), 1);
  },

  "messages queued before a time are forgotten, no more than the limit": async (database) => {
    const queuedAt = (server: typeof east, edu: string, at: number) =>
      change(database, (queue) => queue.addMessage(server, edu, at));
    await queuedAt(east, "young", noon);
    await queuedAt(east, "old", noon - 2);
    await queuedAt(west, "oldest", noon - 3);
    await queuedAt(west, "older", noon - 1);
    assert.equal(await change(database, (queue) => queue.forgetMessagesBefore(noon, 2)), 2);
    assert.deepEqual([await edus(database), await edus(database, west)], [["young"], ["older"]]);
    assert.equal(await change(database, (queue) => queue.forgetMessagesBefore(noon, 2)), 1);
    assert.equal(await change(database, (queue) => queue.forgetMessagesBefore(noon, 2)), 0);
    assert.deepEqual([await edus(database), await edus(database, west)], [["young"], []]);
  },

  "all but the newest messages for a server are forgotten": async (database) => {
    await add(database, east, "1", "2", "3", "4");
    await add(database, west, "1", "2");
    assert.equal(await change(database, (queue) => queue.forgetOldestMessages(east, 4)), 0);
    assert.equal(await change(database, (queue) => queue.forgetOldestMessages(east, 3)), 1);
    assert.deepEqual(await edus(database), ["2", "3", "4"]);
    assert.equal(await change(database, (queue) => queue.forgetOldestMessages(east, 0)), 3);
    assert.deepEqual([await edus(database), await edus(database, west)], [[], ["1", "2"]]);
  },

  "a unit that fails adds, notes, removes and forgets nothing": async (database) => {
    await add(database, east, "1", "2");
    await note(database, [east], alice, "A");
    const before = [await messages(database), await changes(database), await position(database)];
    await runAndFail(database.unitOfWork, async ({ federationQueue: queue }) => {
      await queue.addMessage(east, "3", noon);
      await queue.noteChange([east], alice, phone.deviceId);
      await queue.removeChangesOf(east, alice, all);
      await queue.removeChangesUpTo(east, all);
      await queue.forgetOldestMessages(east, 1);
      await queue.forgetMessagesBefore(noon + 1, 1);
      await queue.removeMessagesUpTo(east, all);
    });
    assert.deepEqual([await messages(database), await changes(database), await position(database)], before);
  },

  "servers, users, devices and EDUs may be any text": async (database) => {
    const servers = oddTexts.map(serverNamed);
    for (const text of oddTexts) await add(database, serverNamed(text), text);
    for (const text of oddTexts) await note(database, servers, userNamed(text), text);
    for (const server of servers) {
      assert.deepEqual(await edus(database, server), [server]);
      assert.deepEqual(
        (await changes(database, server)).map(({ userId, deviceId }) => [userId, deviceId]),
        oddTexts.map((text) => [userNamed(text), text]),
      );
    }
    assert.deepEqual((await pages(database, 7)).sort(), [...servers].sort());
  },
});

function change<T>({ unitOfWork }: TestDatabase, work: (queue: Stores["federationQueue"]) => Promise<T>): Promise<T> {
  return unitOfWork.run("everything", ({ federationQueue }) => work(federationQueue));
}

function add({ unitOfWork }: TestDatabase, server: typeof east, ...texts: string[]): Promise<void> {
  return unitOfWork.run({}, async ({ federationQueue }) => {
    for (const text of texts) await federationQueue.addMessage(server, text, noon);
  });
}

function note({ unitOfWork }: TestDatabase, servers: (typeof east)[], userId: UserId, device: string | undefined) {
  return unitOfWork.run({ exclusive: [userId] }, ({ federationQueue }) =>
    federationQueue.noteChange(servers, userId, device as DeviceId | undefined),
  );
}

function messages({ snapshots }: TestDatabase, server = east, limit = 1000) {
  return snapshots.read(({ federationQueue }) => federationQueue.listMessages(server, limit));
}

async function edus(database: TestDatabase, server = east, limit = 1000): Promise<string[]> {
  return (await messages(database, server, limit)).map(({ edu }) => edu);
}

function changes({ snapshots }: TestDatabase, server = east, upTo = all, limit = 1000) {
  return snapshots.read(({ federationQueue }) => federationQueue.listChanges(server, upTo, limit));
}

function position({ snapshots }: TestDatabase): Promise<number> {
  return snapshots.read(({ stream }) => stream.findPosition());
}

/** All servers for which something waits, so many at a time. */
async function pages({ snapshots }: TestDatabase, limit: number): Promise<string[]> {
  const found: (typeof east)[] = [];
  for (;;) {
    const after = found.at(-1);
    const page = await snapshots.read(({ federationQueue }) => federationQueue.listDestinations(after, limit));
    assert.ok(page.length <= limit);
    if (page.length === 0) return found;
    found.push(...page);
  }
}
