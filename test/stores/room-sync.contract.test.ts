import assert from "node:assert/strict";
import type { NewsRange } from "../../src/domain/sync/sections/rooms/room-sync-store.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, noon, userNamed } from "./owners.ts";
import { append, firstHead, member, message, read, stateEvent } from "./room-events.ts";
import { cellar, eventNamed, hall, roomNamed } from "./room-ids.ts";

const never = Number.MAX_SAFE_INTEGER;

contract("roomSync", {
  "joined rooms are listed in order": async (database) => {
    await addRooms(database, cellar, hall, roomNamed("attic"));
    await append(database, member("1", alice, undefined, "join", hall), member("2", alice, undefined, "join", cellar));
    await append(database, member("3", alice, undefined, "invite", roomNamed("attic")));
    await append(database, member("4", bob, undefined, "join", roomNamed("attic")));
    assert.deepEqual(await read(database, ({ roomSync }) => roomSync.listJoinedRooms(alice)), [cellar, hall]);
  },

  "a joined room has news when an event, who types, a receipt or the user's own data is newer": async (database) => {
    await addRooms(database, hall, cellar);
    await append(database, member("1", alice, undefined, "join", hall), member("2", alice, undefined, "join", cellar));
    await append(database, member("3", bob, undefined, "join", hall));
    const quiet = await position(database);
    assert.deepEqual(await changed(database, quiet), []);
    await append(database, message("4", { roomId: hall }));
    assert.deepEqual(await changed(database, quiet), ["hall"]);
    const afterEvent = await position(database);
    await database.unitOfWork.run("everything", ({ typing }) =>
      typing.put({ roomId: hall, userId: bob, endsAt: noon }, true),
    );
    assert.deepEqual(await changed(database, afterEvent), ["hall typing"]);
    const afterTyping = await position(database);
    await putReceipt(database, bob, "m.read.private");
    assert.deepEqual(await changed(database, afterTyping), [], "others' private receipts are no news");
    await putReceipt(database, bob, "m.read");
    assert.deepEqual(await changed(database, afterTyping), ["hall receipts"]);
    const afterReceipts = await position(database);
    await putReceipt(database, alice, "m.read.private");
    assert.deepEqual(await changed(database, afterReceipts), ["hall receipts"]);
    const afterOwn = await position(database);
    await database.unitOfWork.run("everything", ({ roomAccountData }) =>
      roomAccountData.put(alice, { roomId: cellar, type: "m.tag", content: "{}" }),
    );
    assert.deepEqual(await changed(database, afterOwn), ["cellar"]);
    assert.deepEqual(await changed(database, 0), ["cellar", "hall typing receipts"]);
  },

  "of a room that the user is not in, only the own membership is news": async (database) => {
    await addRooms(database, hall, cellar);
    await append(
      database,
      member("1", alice, undefined, "invite", hall),
      member("2", alice, undefined, "knock", cellar),
    );
    const since = await position(database);
    assert.deepEqual(await changed(database, 0), ["cellar", "hall"]);
    await append(database, message("3", { roomId: hall }), message("4", { roomId: cellar }));
    assert.deepEqual(await changed(database, since), []);
  },

  "left rooms have a bound of their own, and forgotten ones are listed for who knew them alone": async (database) => {
    await addRooms(database, hall, cellar);
    await append(database, member("1", alice, undefined, "join", hall), member("2", alice, undefined, "join", cellar));
    const since = await position(database);
    await append(database, member("3", alice, "join", "leave", hall), member("4", alice, "join", "ban", cellar));
    assert.deepEqual(await changed(database, since), ["cellar", "hall"]);
    assert.deepEqual(await changed(database, { since: 0, leftSince: never }), []);
    assert.deepEqual(await changed(database, { since: never, leftSince: 0 }), ["cellar", "hall"]);
    await database.unitOfWork.run("everything", ({ memberships }) => memberships.forget(alice, hall));
    assert.deepEqual(await changed(database, since), ["cellar", "hall"]);
    assert.deepEqual(await changed(database, { since: 0, leftSince: 0 }), ["cellar"]);
  },

  "a room is told with its last stay and how many are in it": async (database) => {
    await addRooms(database, hall);
    await append(database, member("1", alice, undefined, "join", hall));
    const joinedAt = await position(database);
    const head = { ...firstHead, joinedMembers: 7, invitedMembers: 2 };
    await append(database, member("2", alice, "join", "join", hall), message("3", { roomId: hall, head }));
    const last = await position(database);
    const list = async () => {
      const everything = { since: 0, leftSince: 0 };
      return (await read(database, ({ roomSync }) => roomSync.listChangedRooms(alice, everything, undefined))).rooms;
    };
    const room = {
      roomId: hall,
      version: "12",
      joinedMembers: 7,
      invitedMembers: 2,
      hasTyping: false,
      hasReceipts: false,
      isForgotten: false,
    };
    assert.deepEqual(await list(), [
      {
        ...{ ...room, membership: "join", memberEventId: "$2", memberPosition: last - 1, eventPosition: last },
        stay: { joinedAt, leftAt: undefined },
      },
    ]);
    const [left, leaving] = member("4", alice, "join", "leave", hall);
    await append(database, [{ ...left, head }, leaving]);
    const leftAt = last + 1;
    assert.deepEqual(await list(), [
      {
        ...{ ...room, membership: "leave", memberEventId: "$4", memberPosition: leftAt, eventPosition: leftAt },
        stay: { joinedAt, leftAt },
      },
    ]);
    await append(database, member("5", alice, "leave", "invite", hall));
    assert.deepEqual((await list())[0]?.stay, { joinedAt, leftAt });
  },

  "rooms come in pages, each room once": async (database) => {
    const ids = Array.from({ length: 70 }, (_, index) => roomNamed(`room${100 + index}`));
    await addRooms(database, ...ids);
    await append(database, ...ids.map((roomId, index) => member(`${index}`, alice, undefined, "join", roomId)));
    const seen: RoomId[] = [];
    let pages = 0;
    for (let isLast = false; !isLast; pages++) {
      const page = await read(database, ({ roomSync }) =>
        roomSync.listChangedRooms(alice, { since: 0, leftSince: 0 }, seen.at(-1)),
      );
      assert(page.isLast || page.rooms.length > 0);
      seen.push(...page.rooms.map(({ roomId }) => roomId));
      isLast = page.isLast;
    }
    assert.deepEqual(seen, ids);
    assert(pages > 1);
  },

  "a page that is full and has no rooms behind it is followed by an empty one": async (database) => {
    const ids = Array.from({ length: 64 }, (_, index) => roomNamed(`room${100 + index}`));
    await addRooms(database, ...ids);
    await append(database, ...ids.map((roomId, index) => member(`${index}`, alice, undefined, "join", roomId)));
    const behind = await read(database, ({ roomSync }) =>
      roomSync.listChangedRooms(alice, { since: 0, leftSince: 0 }, ids.at(-1)),
    );
    assert.deepEqual(behind, { rooms: [], isLast: true });
  },

  "the oldest members come first, present or gone": async (database) => {
    await addRooms(database, hall, cellar);
    const [carol, dave] = [userNamed("carol"), userNamed("dave")];
    await append(database, member("1", dave, undefined, "join", hall), member("2", carol, undefined, "invite", hall));
    await append(database, member("3", bob, undefined, "join", hall), member("4", alice, undefined, "join", hall));
    await append(
      database,
      member("5", bob, undefined, "join", cellar),
      stateEvent("6", "m.room.name", "", { roomId: hall }),
    );
    await append(database, member("7", bob, "join", "leave", hall));
    const oldest = (present: boolean, limit: number) =>
      read(database, ({ roomSync }) => roomSync.listOldestMembers(hall, present, limit));
    assert.deepEqual(await oldest(true, 9), [dave, carol, alice]);
    assert.deepEqual(await oldest(true, 2), [dave, carol]);
    assert.deepEqual(await oldest(false, 9), [bob]);
  },

  "the newest receipts are listed, and one's own": async (database) => {
    await addRooms(database, hall);
    await putReceipt(database, alice, "m.read.private");
    const since = await position(database);
    for (const index of [1, 2, 3]) await putReceipt(database, userNamed(`reader${index}`), "m.read");
    await putReceipt(database, bob, "m.read.private");
    const listed = async (from: number, limit: number) => {
      const receipts = await read(database, ({ roomSync }) => roomSync.listNewestReceipts(hall, alice, from, limit));
      return receipts.map(({ userId }) => userId.slice(1).split(":")[0]).join(" ");
    };
    assert.equal(await listed(0, 9), "alice reader1 reader2 reader3");
    assert.equal(await listed(0, 2), "alice reader2 reader3");
    assert.equal(await listed(since, 9), "reader1 reader2 reader3");
  },

  "rooms and users may be any text": async (database) => {
    for (const text of oddTexts) {
      await addRooms(database, roomNamed(text));
      await append(database, member(text, userNamed(text), undefined, "join", roomNamed(text)));
    }
    for (const text of oddTexts) {
      const { rooms } = await read(database, ({ roomSync }) =>
        roomSync.listChangedRooms(userNamed(text), { since: 0, leftSince: 0 }, undefined),
      );
      assert.deepEqual(
        rooms.map(({ roomId }) => roomId),
        [roomNamed(text)],
      );
    }
  },
});

function addRooms({ unitOfWork }: TestDatabase, ...roomIds: readonly RoomId[]): Promise<void> {
  return unitOfWork.run("everything", async ({ rooms }) => {
    for (const roomId of roomIds) await rooms.add(roomId, "12");
  });
}

function position(database: TestDatabase): Promise<number> {
  return read(database, ({ stream }) => stream.findPosition());
}

/** Alice's rooms with news: their names, and what is new of what is not kept. */
function changed(database: TestDatabase, news: number | NewsRange): Promise<string[]> {
  const range = typeof news === "number" ? { since: news, leftSince: news } : news;
  return read(database, async ({ roomSync }) => {
    const { rooms } = await roomSync.listChangedRooms(alice, range, undefined);
    return rooms.map(({ roomId, hasTyping, hasReceipts }) => {
      return `${roomId.slice(1).split(":")[0]}${hasTyping ? " typing" : ""}${hasReceipts ? " receipts" : ""}`;
    });
  });
}

function putReceipt({ unitOfWork }: TestDatabase, userId: UserId, type: "m.read" | "m.read.private"): Promise<void> {
  const receipt = { roomId: hall, userId, type, threadId: undefined, eventId: eventNamed("e"), eventPosition: 1 };
  return unitOfWork.run("everything", ({ receipts }) => receipts.put({ ...receipt, receivedAt: noon }));
}
