import assert from "node:assert/strict";
import type { ListedChange } from "../../src/domain/device-lists/device-list-store.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { putMembership, putRoom } from "../support/stored-rooms.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, carol, userNamed } from "./owners.ts";

const dave = userNamed("dave");

contract("deviceLists", {
  "S2: a public change is heard of by the user and its acquaintances, after its position only": async (database) => {
    await introduce(database, [alice, bob]);
    const before = await position(database);
    await change(database, alice);
    for (const listener of [alice, bob]) {
      assert.deepEqual(await changed(database, listener, before), [alice]);
      assert.deepEqual(await changed(database, listener, await position(database)), []);
    }
    assert.deepEqual(await changed(database, carol, 0), []);
  },

  "X6: an own change is heard of by the user alone": async (database) => {
    await introduce(database, [alice, bob]);
    const before = await position(database);
    await change(database, alice, "own");
    assert.deepEqual(await changed(database, alice, before), [alice]);
    assert.deepEqual(await changed(database, bob, before), []);
  },

  "a public and an own change of one user do not cover each other": async (database) => {
    await introduce(database, [alice, bob]);
    const atFirst = await position(database);
    await change(database, alice, "public");
    const inBetween = await position(database);
    await change(database, alice, "own");
    assert.deepEqual(await changed(database, bob, atFirst), [alice]);
    assert.deepEqual(await changed(database, bob, inBetween), []);
    assert.deepEqual(await changed(database, alice, inBetween), [alice]);
    const later = await position(database);
    await change(database, alice, "public");
    assert.deepEqual(await changed(database, bob, later), [alice]);
    assert.deepEqual(await changed(database, alice, inBetween), [alice]);
  },

  "who meets hears of each other, though neither has changed; who met before does not again": async (database) => {
    await introduce(database, [alice, bob]);
    const before = await position(database);
    await introduce(database, [carol, alice]);
    assert.deepEqual(await changed(database, alice, before), [carol]);
    assert.deepEqual(await changed(database, carol, before), [alice]);
    assert.deepEqual(await changed(database, bob, before), []);
    const after = await position(database);
    for (const user of [alice, bob, carol]) assert.deepEqual(await changed(database, user, after), []);
  },

  "a new acquaintance hears of what changed before and after they met": async (database) => {
    await change(database, alice);
    const before = await position(database);
    await introduce(database, [alice, bob]);
    assert.deepEqual(await changed(database, bob, before), [alice]);
    const met = await position(database);
    await change(database, alice);
    assert.deepEqual(await changed(database, bob, met), [alice]);
  },

  "X6: who signs another's master key hears of that user, acquainted or not; nobody else does": async (database) => {
    await introduce(database, [bob, carol], [alice, dave]);
    const before = await position(database);
    await notice(database, alice, bob);
    assert.deepEqual(await changed(database, alice, before), [bob]);
    for (const user of [bob, carol, dave]) assert.deepEqual(await changed(database, user, before), []);
    const between = await position(database);
    assert.deepEqual(await changed(database, alice, between), []);
    await notice(database, alice, carol);
    assert.deepEqual(await changed(database, alice, between), [carol]);
    await notice(database, alice, bob);
    assert.deepEqual(await changed(database, alice, between), [bob, carol]);
  },

  "each user is listed once, for whatever reasons": async (database) => {
    await change(database, alice, "own");
    await change(database, alice, "public");
    await introduce(database, [alice, bob]);
    await change(database, bob);
    await notice(database, alice, bob);
    assert.deepEqual(await changed(database, alice, 0), [alice, bob]);
    assert.deepEqual(await changed(database, bob, 0), [alice, bob]);
  },

  "each change of a unit takes a position of its own, in order": async (database) => {
    await introduce(database, [alice, bob], [alice, carol], [alice, dave]);
    let since = await position(database);
    await database.unitOfWork.run("everything", async ({ deviceLists }) => {
      for (const user of [dave, bob, carol]) await deviceLists.recordChange(user, "public");
    });
    const end = await position(database);
    const seen: UserId[][] = [];
    for (; since <= end; since++) seen.push(await changed(database, alice, since));
    assert.deepEqual(seen, [[bob, carol, dave], [bob, carol], [carol], []]);
  },

  "a change is never left out, whatever position a listener has heard of": async (database) => {
    await introduce(database, [alice, bob]);
    const heard: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        await change(database, alice);
        heard.push(await position(database));
      }),
    );
    const before = await position(database);
    await change(database, alice);
    for (const since of heard) assert.deepEqual(await changed(database, bob, since), [alice]);
    assert.deepEqual(await changed(database, bob, before), [alice]);
  },

  "S2, X6: what changed between two positions is told with who hears of it": async (database) => {
    await change(database, carol);
    const before = await position(database);
    await change(database, alice);
    await change(database, bob, "own");
    await introduce(database, [carol, dave]);
    await notice(database, alice, dave);
    const after = await position(database);
    await change(database, dave);
    const { changes, upTo } = await between(database, before, after);
    assert.deepEqual(changes, [
      { userId: alice, listener: undefined },
      { userId: bob, listener: bob },
      { userId: carol, listener: dave },
      { userId: dave, listener: alice },
      { userId: dave, listener: carol },
    ]);
    assert.equal(upTo, after);
    assert.deepEqual(await between(database, after, after), { changes: [], moves: [], upTo: after });
    const rest = await between(database, after, after + 10);
    assert.deepEqual(rest, { changes: [{ userId: dave, listener: undefined }], moves: [], upTo: after + 10 });
  },

  "S2: who came to a room and who left it between two positions is told": async (database) => {
    const hall = "!hall" as RoomId;
    const moved = (user: UserId, after: "join" | "leave") =>
      database.unitOfWork.run("everything", (stores) =>
        putMembership(stores, hall, user, after, after === "join" ? "leave" : "join"),
      );
    await database.unitOfWork.run("everything", (stores) => putRoom(stores, hall, alice));
    const before = await position(database);
    await moved(bob, "join");
    await moved(alice, "leave");
    const after = await position(database);
    await moved(carol, "join");
    const { moves } = await between(database, before, after);
    assert.deepEqual(moves, [
      { userId: bob, roomId: hall, kind: "came" },
      { userId: alice, roomId: hall, kind: "left" },
    ]);
    assert.deepEqual((await between(database, after, after + 10)).moves, [
      { userId: carol, roomId: hall, kind: "came" },
    ]);
  },

  "of many changes those from the beginning come first, and none is left out": async (database) => {
    const users = Array.from({ length: 30 }, (_, index) => userNamed(`user${index}`));
    for (const user of users) {
      await change(database, user);
      await introduce(database, [alice, user]);
      if (user.includes("1")) await notice(database, bob, user);
      if (user.includes("2")) await change(database, user, "own");
    }
    const end = await position(database);
    const whole = await between(database, 0, end, 1000);
    assert.equal(whole.changes.length, 30 + 60 + 12 + 12);
    for (const limit of [4, 7, 20]) {
      const paged: unknown[] = [];
      let after = 0;
      while (after < end) {
        const { changes, upTo } = await between(database, after, end, limit);
        assert.ok(upTo > after && changes.length <= 4 * limit && (changes.length >= limit - 2 || upTo === end));
        paged.push(...changes);
        after = upTo;
      }
      assert.deepEqual(sorted(paged as typeof whole.changes), whole.changes);
    }
  },

  "a unit that fails changes nothing and takes no position": async (database) => {
    await introduce(database, [alice, bob]);
    const before = await position(database);
    await runAndFail(database.unitOfWork, async ({ deviceLists }) => {
      await deviceLists.recordChange(alice, "public");
      await deviceLists.recordChange(alice, "own");
      await deviceLists.recordSignatureNotice(bob, carol);
    });
    assert.equal(await position(database), before);
    assert.deepEqual(await changed(database, alice, before), []);
    assert.deepEqual(await changed(database, bob, before), []);
  },

  "users may be named by any text": async (database) => {
    const users = oddTexts.map(userNamed);
    await introduce(database, ...users.map((user): [UserId, UserId] => [alice, user]));
    const before = await position(database);
    await database.unitOfWork.run("everything", async ({ deviceLists }) => {
      for (const user of users) await deviceLists.recordChange(user, "public");
    });
    assert.deepEqual(await changed(database, alice, before), users.toSorted());
    const since = await position(database);
    await database.unitOfWork.run("everything", async ({ deviceLists }) => {
      for (const user of users) await deviceLists.recordSignatureNotice(user, user);
    });
    for (const user of users) assert.deepEqual(await changed(database, user, since), [user]);
  },
});

function change({ unitOfWork }: TestDatabase, user: UserId, audience: "public" | "own" = "public"): Promise<void> {
  return unitOfWork.run("everything", ({ deviceLists }) => deviceLists.recordChange(user, audience));
}

function notice({ unitOfWork }: TestDatabase, signer: UserId, target: UserId): Promise<void> {
  return unitOfWork.run("everything", ({ deviceLists }) => deviceLists.recordSignatureNotice(signer, target));
}

function introduce({ unitOfWork }: TestDatabase, ...pairs: [UserId, UserId][]): Promise<void> {
  return unitOfWork.run("everything", async ({ audience }) => {
    for (const [one, other] of pairs) await audience.introduce(one, other);
  });
}

/** Sorted. */
async function changed({ snapshots }: TestDatabase, user: UserId, since: number): Promise<UserId[]> {
  return [...(await snapshots.read(({ deviceLists }) => deviceLists.listChanges(user, since))).changed].sort();
}

/** The changes by user and listener. */
async function between({ snapshots }: TestDatabase, after: number, upTo: number, limit = 100) {
  const listed = await snapshots.read(({ deviceLists }) => deviceLists.listChangesBetween(after, upTo, limit));
  return { ...listed, changes: sorted(listed.changes) };
}

function sorted(changes: readonly ListedChange[]): ListedChange[] {
  const name = ({ userId, listener }: ListedChange) => `${userId} ${listener}`;
  return changes.toSorted((one, other) => (name(one) < name(other) ? -1 : 1));
}

function position({ snapshots }: TestDatabase): Promise<number> {
  return snapshots.read(({ stream }) => stream.findPosition());
}
