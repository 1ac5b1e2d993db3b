import assert from "node:assert/strict";
import type { Membership } from "../../src/domain/rooms/membership-store.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, carol, eve, userNamed } from "./owners.ts";
import { append, member, otherRoom, read, room } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

contract("memberships", {
  "a member is as the newest membership event says": async (database) => {
    assert.equal(await find(database, bob), undefined);
    await append(database, member("1", bob, undefined, "invite"));
    await append(database, member("2", bob, "invite", "join"), member("other", bob, undefined, "knock", otherRoom));
    const position = await read(database, ({ stream }) => stream.findPosition());
    const expected = { userId: bob, roomId: room, membership: "join", eventId: eventNamed("2"), isForgotten: false };
    assert.deepEqual(await find(database, bob), { ...expected, position: position - 1 });
    assert.equal((await find(database, bob, otherRoom))?.membership, "knock");
    assert.equal(await find(database, alice), undefined);
  },

  "of several events in one unit the last one counts": async (database) => {
    const position = () => read(database, ({ stream }) => stream.findPosition());
    await append(database, member("1", bob, undefined, "join"), member("2", bob, "join", "leave"));
    assert.deepEqual(
      [(await find(database, bob))?.membership, (await find(database, bob))?.position],
      ["leave", await position()],
    );
  },

  "a user's rooms are listed by room id, all or those of some memberships": async (database) => {
    const rooms = ["!a", "!b", "!c", "!d", "!e"] as RoomId[];
    const memberships: Membership[] = ["leave", "join", "ban", "invite", "join"];
    const events = rooms.map((id, index) => member(id, bob, undefined, memberships[index]!, id));
    await append(database, ...events.toReversed());
    await append(database, member("alice", alice, undefined, "join", "!f" as RoomId));
    const list = async (...only: Membership[][]) =>
      (await read(database, (stores) => stores.memberships.listRooms(bob, ...only)))
        .map(({ roomId }) => roomId)
        .join("");
    assert.equal(await list(), "!a!b!c!d!e");
    assert.equal(await list(["join"]), "!b!e");
    assert.equal(await list(["ban", "invite"]), "!c!d");
    assert.equal(await list([]), "");
  },

  "members are listed by user id, in pages": async (database) => {
    const users = ["a", "b", "c", "d"].map(userNamed);
    await append(database, ...users.map((user) => member(user, user, undefined, "join")).toReversed());
    await append(database, member("x", bob, undefined, "invite"), member("y", eve, undefined, "join", otherRoom));
    const list = async (membership: Membership, after: UserId | undefined, limit: number) =>
      (await read(database, ({ memberships }) => memberships.listMembers(room, membership, after, limit))).map(
        ({ userId }) => userId,
      );
    assert.deepEqual(await list("join", undefined, 10), users);
    assert.deepEqual(await list("join", undefined, 3), users.slice(0, 3));
    assert.deepEqual(await list("join", users[0], 2), users.slice(1, 3));
    assert.deepEqual(await list("join", users[3], 2), []);
    assert.deepEqual(await list("invite", undefined, 10), [bob]);
    assert.deepEqual(await list("knock", undefined, 10), []);
  },

  "a room is forgotten for one user, until something new happens to the user": async (database) => {
    const forget = () => database.unitOfWork.run("everything", (stores) => stores.memberships.forget(bob, room));
    await forget();
    for (const user of [alice, bob]) await append(database, member(user, user, undefined, "leave"));
    await append(database, member("other", bob, undefined, "leave", otherRoom));
    await forget();
    const forgotten = await Promise.all([find(database, bob), find(database, alice), find(database, bob, otherRoom)]);
    assert.deepEqual(
      forgotten.map((found) => found?.isForgotten),
      [true, false, false],
    );
    await append(database, member("again", bob, "leave", "invite"));
    assert.equal((await find(database, bob))?.isForgotten, false);
  },

  "two users share a room while both are joined to it": async (database) => {
    const share = (one: UserId, other: UserId) =>
      read(database, ({ memberships }) => memberships.hasSharedRoom(one, other));
    const both = async (expected: boolean) => {
      assert.equal(await share(alice, bob), expected);
      assert.equal(await share(bob, alice), expected);
    };
    await both(false);
    await append(database, member("1", alice, undefined, "join"), member("2", bob, undefined, "invite"));
    await append(database, member("3", bob, undefined, "join", otherRoom), member("4", carol, undefined, "join"));
    await both(false);
    await append(database, member("5", bob, "invite", "join"));
    await both(true);
    assert.equal(await share(alice, carol), true);
    await append(database, member("6", alice, "join", "leave"));
    await both(false);
  },

  "a unit that fails forgets nothing": async (database) => {
    await append(database, member("1", bob, undefined, "leave"));
    await runAndFail(database.unitOfWork, ({ memberships }) => memberships.forget(bob, room));
    assert.equal((await find(database, bob))?.isForgotten, false);
  },

  "users and rooms may have any id": async (database) => {
    await append(database, ...oddTexts.map((text) => member(text, text as UserId, undefined, "join", text as RoomId)));
    for (const text of oddTexts) {
      const rooms = await read(database, ({ memberships }) => memberships.listRooms(text as UserId));
      assert.deepEqual(
        rooms.map(({ roomId, userId }) => [roomId, userId]),
        [[text, text]],
      );
    }
  },
});

function find(database: TestDatabase, userId: UserId, roomId = room) {
  return read(database, ({ memberships }) => memberships.findMember(userId, roomId));
}
