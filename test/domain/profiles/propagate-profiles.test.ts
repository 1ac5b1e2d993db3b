import assert from "node:assert/strict";
import { test } from "node:test";
import { deleteProfileField } from "../../../src/domain/profiles/delete-profile-field.ts";
import { propagateProfiles } from "../../../src/domain/profiles/propagate-profiles.ts";
import { setProfileField } from "../../../src/domain/profiles/set-profile-field.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { alice, bob, newUser } from "../open-house.ts";
import { openRoomHouse, type RoomHouse, requesterOf } from "./room-house.ts";

function setName(house: RoomHouse, userId: UserId, displayname: string): Promise<void> {
  return setProfileField(house, requesterOf(userId), { userId, field: "displayname", body: { displayname } });
}

/** The unit of a change alone, as after a crash before any room was told. */
async function noteOnly(house: RoomHouse, userId: UserId, name: string): Promise<void> {
  await house.unitOfWork.run({ exclusive: [userId] }, async ({ profiles }) => {
    await profiles.putField(userId, "displayname", JSON.stringify(name));
    await profiles.noteChanges(userId);
  });
}

test("every room that a user is joined to hears of a new name and picture", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  const rooms = [await house.makeRoom(alice), await house.makeRoom(alice)];
  await setName(house, alice, "Alice");
  const body = { avatar_url: "mxc://example.org/a" };
  await setProfileField(house, requesterOf(alice), { userId: alice, field: "avatar_url", body });
  for (const room of rooms) {
    const content = { membership: "join", displayname: "Alice", ...body };
    assert.deepEqual(await house.member(room, alice), content);
    assert.equal((await house.history(room)).length, 3);
    assert.ok(house.woken.includes(room));
  }
  await deleteProfileField(house, requesterOf(alice), { userId: alice, field: "displayname" });
  for (const room of rooms) assert.deepEqual(await house.member(room, alice), { membership: "join", ...body });
  assert.deepEqual(await house.rows("profile_changes"), []);
});

test("a room hears nothing of other fields, nor of a name that it has already", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  const room = await house.makeRoom(alice, { membership: "join", displayname: "Alice" });
  await setName(house, alice, "Alice");
  await setName(house, alice, "Alice");
  await setProfileField(house, requesterOf(alice), { userId: alice, field: "m.tz", body: { "m.tz": "Europe/Berlin" } });
  assert.equal((await house.history(room)).length, 1);
});

test("a room that the user has left hears nothing, and who left meanwhile does not come back", async (t) => {
  const house = await openRoomHouse(t);
  for (const name of ["alice", "bob"]) await newUser(house, name);
  const room = await house.makeRoom(alice);
  await house.send(room, alice, "m.room.member", bob, { membership: "invite" });
  await house.send(room, bob, "m.room.member", bob, { membership: "join" });
  await noteOnly(house, bob, "Bob");
  await house.send(room, bob, "m.room.member", bob, { membership: "leave" });
  await propagateProfiles(house, "everybody");
  assert.deepEqual(await house.member(room, bob), { membership: "leave" });
  assert.deepEqual(await house.rows("profile_changes"), []);
  await setName(house, bob, "Robert");
  assert.deepEqual(await house.member(room, bob), { membership: "leave" });
});

test("what a crash has left over is told later, once, whoever tells it", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  const rooms = await Promise.all(Array.from({ length: 5 }, () => house.makeRoom(alice)));
  await noteOnly(house, alice, "Alice");
  assert.equal((await house.rows("profile_changes")).length, 5);
  await Promise.all([propagateProfiles(house, "everybody"), propagateProfiles(house, alice)]);
  for (const room of rooms) {
    assert.equal((await house.member(room, alice))["displayname"], "Alice");
    assert.equal((await house.history(room)).length, 2);
  }
  assert.deepEqual(await house.rows("profile_changes"), []);
});

test("more rooms than are read at once all hear of it", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  for (let count = 0; count < 101; count++) await house.makeRoom(alice);
  await setName(house, alice, "Alice");
  const events = await house.rows("events");
  assert.equal(events.filter((row) => row.content.includes("Alice")).length, 101);
});

test("names that change side by side leave the last one in every room", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  const room = await house.makeRoom(alice);
  await Promise.all(Array.from({ length: 10 }, (_, index) => setName(house, alice, `Alice ${index}`)));
  const [profile] = await house.rows("profiles");
  assert.equal(JSON.stringify((await house.member(room, alice))["displayname"]), profile?.value);
});

test("a room whose rules refuse the change keeps the old name, and holds up no other", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  const rooms = [await house.makeRoom(alice), await house.makeRoom(alice)];
  // Nobody can join a private room, not even again.
  const [first = rooms[0]!] = rooms;
  await house.send(first, alice, "m.room.join_rules", "", { join_rule: "private" });
  await setName(house, alice, "Alice");
  const names = await Promise.all(rooms.map(async (room) => (await house.member(room, alice))["displayname"]));
  assert.deepEqual(names, [undefined, "Alice"]);
  assert.deepEqual(await house.rows("profile_changes"), []);
});
