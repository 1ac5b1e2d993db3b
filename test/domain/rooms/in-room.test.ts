import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageUnavailableError } from "../../../src/domain/kernel/storage-unavailable-error.ts";
import { deleteRoomAlias } from "../../../src/domain/room-aliases/delete-room-alias.ts";
import { setRoomAlias } from "../../../src/domain/room-aliases/set-room-alias.ts";
import { joinRoom } from "../../../src/domain/room-memberships/join-room.ts";
import { kickUser } from "../../../src/domain/room-memberships/kick-user.ts";
import { leaveRoom } from "../../../src/domain/room-memberships/leave-room.ts";
import { sendEvent } from "../../../src/domain/room-timelines/send-event.ts";
import { setStateEvent } from "../../../src/domain/room-timelines/set-state-event.ts";
import { inRoom } from "../../../src/domain/rooms/in-room.ts";
import type { RoomAlias } from "../../../src/protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { MatrixError } from "../../../src/protocol/matrix-error.ts";
import { alice, bob } from "../open-house.ts";
import { requesterOf } from "../profiles/room-house.ts";
import { eventsOf, openSharedHouse, type SharedHouse, userNamed } from "./shared-house.ts";

function say(house: SharedHouse, body: string, sender: UserId = alice, transactionId = body) {
  const message = { roomId: house.roomId, type: "m.room.message", transactionId, content: { body } };
  return sendEvent(house, requesterOf(sender), message);
}

/** Appends a message, and whatever `then` does. */
function sayAnd(house: SharedHouse, body: string, then: () => Promise<unknown>) {
  return inRoom(house, {
    ...{ roomId: house.roomId, shared: [alice] },
    async act(unit) {
      const room = await unit.open();
      await room.append({ type: "m.room.message", sender: alice, content: { body } });
      return then();
    },
  });
}

async function bodies(house: SharedHouse): Promise<unknown[]> {
  const messages = await eventsOf(house, house.roomId, "m.room.message");
  return messages.map(({ content }) => (JSON.parse(content) as JsonObject)["body"]);
}

async function refusals(asked: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(asked);
  return settled.map((each) => (each.status === "rejected" ? each.reason.errcode : "done"));
}

/** Each comes when the one before waits: until then a unit cannot begin. */
async function oneAfterAnother(acts: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const asked: Promise<unknown>[] = [];
  for (const act of acts) {
    asked.push(act());
    for (let jobs = 0; jobs < 10; jobs++) await undefined;
  }
  return refusals(asked);
}

const kick = (house: SharedHouse, target: UserId) =>
  kickUser(house, requesterOf(alice), { roomId: house.roomId, target, reason: undefined });
const join = (house: SharedHouse, userId: UserId) =>
  joinRoom(house, requesterOf(userId), { room: house.roomId, reason: undefined });
const leave = (house: SharedHouse, userId: UserId) =>
  leaveRoom(house, requesterOf(userId), { roomId: house.roomId, reason: undefined });

test("who waits for one room shares a unit, each after the one that came before", async (t) => {
  const house = await openSharedHouse(t, "bob");
  const sent = ["1", "2", "3", "4"].map((body, index) => say(house, body, index % 2 === 0 ? alice : bob));
  const ids = await Promise.all(sent);
  assert.deepEqual(house.units, [
    { exclusive: [house.roomId], shared: [alice] },
    { exclusive: [house.roomId], shared: [bob, alice] },
  ]);
  const events = await eventsOf(house, house.roomId, "m.room.message");
  assert.deepEqual(
    events.map(({ event_id }) => event_id),
    ids,
  );
  // Each follows the one before.
  const previous = events.map(({ envelope }) => (JSON.parse(envelope) as JsonObject)["prev_events"]);
  assert.deepEqual(
    previous.slice(1),
    ids.slice(0, -1).map((id) => [id]),
  );
});

test("who is refused harms nobody else in the unit", async (t) => {
  const house = await openSharedHouse(t);
  const asked = [say(house, "1"), say(house, "2"), say(house, "x", bob), leave(house, bob), say(house, "3")];
  assert.deepEqual(await refusals(asked), ["done", "done", "M_FORBIDDEN", "M_FORBIDDEN", "done"]);
  assert.equal(house.units.length, 2);
  assert.deepEqual(await bodies(house), ["1", "2", "3"]);
});

test("of who is refused after a change nothing stays, and the others are done all the same", async (t) => {
  const house = await openSharedHouse(t);
  const refuse = () => Promise.reject(new MatrixError("M_UNKNOWN", "not after all"));
  const asked = [say(house, "1"), say(house, "2"), sayAnd(house, "x", refuse), say(house, "3")];
  assert.deepEqual(await refusals(asked), ["done", "done", "M_UNKNOWN", "done"]);
  assert.deepEqual(await bodies(house), ["1", "2", "3"]);
  // One alone, three together, and then each of them alone.
  assert.equal(house.units.length, 5);
});

test("of who is refused alone after a change nothing stays", async (t) => {
  const house = await openSharedHouse(t);
  const refuse = () => Promise.reject(new MatrixError("M_UNKNOWN", "not after all"));
  assert.deepEqual(await refusals([sayAnd(house, "x", refuse)]), ["M_UNKNOWN"]);
  assert.deepEqual(await bodies(house), []);
});

test("who fails by a mistake of the server harms nobody else in the unit", async (t) => {
  const house = await openSharedHouse(t);
  const mistake = new TypeError("a mistake");
  const asked = [say(house, "1"), sayAnd(house, "x", () => Promise.reject(mistake)), say(house, "2")];
  const settled = await Promise.allSettled(asked);
  assert.deepEqual(
    settled.map((each) => (each.status === "rejected" ? each.reason : "done")),
    ["done", mistake, "done"],
  );
  assert.deepEqual(await bodies(house), ["1", "2"]);
});

test("when the database fails, or nobody knows, all of the unit hear of it, and it is not run again", async (t) => {
  const house = await openSharedHouse(t);
  let units = 0;
  const unavailable = new StorageUnavailableError("the connection broke during COMMIT");
  const failing: SharedHouse["unitOfWork"] = {
    run: (scope, work) => (++units === 2 ? Promise.reject(unavailable) : house.unitOfWork.run(scope, work)),
  };
  const shared = { ...house, unitOfWork: failing };
  const settled = await Promise.allSettled(["1", "2", "3"].map((body) => say(shared, body)));
  assert.deepEqual(
    settled.map((each) => (each.status === "rejected" ? each.reason : "done")),
    ["done", unavailable, unavailable],
  );
  assert.equal(units, 2);
  await say(shared, "4");
  assert.deepEqual(await bodies(house), ["1", "4"]);
});

test("outcomes are those of the last time when a unit is run again", async (t) => {
  const house = await openSharedHouse(t);
  const again: SharedHouse["unitOfWork"] = {
    async run(scope, work) {
      const lost = new Error("the transaction is lost");
      const first = house.unitOfWork.run(scope, async (stores, commit) => {
        await work(stores, commit);
        throw lost;
      });
      await assert.rejects(first, lost);
      return house.unitOfWork.run(scope, work);
    },
  };
  const shared = { ...house, unitOfWork: again };
  const asked = [say(shared, "1"), say(shared, "2"), say(shared, "x", bob), say(shared, "3")];
  assert.deepEqual(await refusals(asked), ["done", "done", "M_FORBIDDEN", "done"]);
  assert.deepEqual(await bodies(house), ["1", "2", "3"]);
});

test("in one unit a user who is kicked sends nothing more, and may come back", async (t) => {
  const house = await openSharedHouse(t, "bob");
  const bobSays = (body: string) => () => say(house, body, bob);
  const acts = [
    ...[() => say(house, "1"), bobSays("2"), () => kick(house, bob), bobSays("3"), () => kick(house, bob)],
    ...[() => join(house, bob), bobSays("4"), () => leave(house, bob), () => leave(house, bob), bobSays("5")],
  ];
  assert.deepEqual(await oneAfterAnother(acts), [
    ...["done", "done", "done", "M_FORBIDDEN", "M_FORBIDDEN"],
    ...["done", "done", "done", "done", "M_FORBIDDEN"],
  ]);
  assert.equal(house.units.length, 2);
  assert.deepEqual(await bodies(house), ["1", "2", "4"]);
  const stays = (await house.rows("room_stays")).filter(({ user_id }) => user_id === bob);
  assert.equal(stays.length, 2);
  for (const { joined_at, left_at } of stays) assert.ok(left_at > joined_at && left_at < 2 ** 52);
});

test("in one unit a transaction id is one event, and so is an annotation", async (t) => {
  const house = await openSharedHouse(t, "bob");
  const parent = await say(house, "1");
  const content = { "m.relates_to": { rel_type: "m.annotation", event_id: parent, key: "+" } };
  const react = (sender: UserId, transactionId: string) =>
    sendEvent(house, requesterOf(sender), { roomId: house.roomId, type: "m.reaction", transactionId, content });
  const asked = [say(house, "2"), say(house, "a", alice, "t"), say(house, "b", alice, "t"), react(alice, "r1")];
  const more = [react(alice, "r1"), react(alice, "r2"), react(bob, "r2")];
  assert.deepEqual(await refusals([...asked, ...more]), [
    ...["done", "done", "done", "done", "done", "M_DUPLICATE_ANNOTATION", "done"],
  ]);
  assert.equal(await asked[1], await asked[2]);
  assert.equal(await asked[3], await more[0]);
  assert.deepEqual(await bodies(house), ["1", "2", "a"]);
  assert.equal((await eventsOf(house, house.roomId, "m.reaction")).length, 2);
});

test("in one unit state is judged by what came before: who loses the power for it changes nothing more", async (t) => {
  const house = await openSharedHouse(t, "bob");
  const set = (sender: UserId, type: string, content: JsonObject) =>
    setStateEvent(house, requesterOf(sender), { roomId: house.roomId, type, stateKey: "", content });
  const powers = (ofBob: number) => set(alice, "m.room.power_levels", { users: { [alice]: 100, [bob]: ofBob } });
  const topic = (text: string) => set(bob, "m.room.topic", { topic: text });
  const asked = [say(house, "1"), topic("x"), powers(50), topic("1"), topic("1"), topic("2"), powers(0), topic("y")];
  assert.deepEqual(await refusals(asked), [
    ...["done", "M_FORBIDDEN", "done", "done", "done", "done", "done", "M_FORBIDDEN"],
  ]);
  assert.equal(house.units.length, 2);
  assert.equal(await asked[3], await asked[4]);
  assert.equal((await eventsOf(house, house.roomId, "m.room.topic")).length, 2);
});

test("in one unit a restricted room is opened by a member who is still there", async (t) => {
  const house = await openSharedHouse(t, "bob", "carol", "dave");
  const lobby = (await openLobby(house)) as RoomId;
  await setStateEvent(house, requesterOf(alice), {
    ...{ roomId: house.roomId, type: "m.room.join_rules", stateKey: "" },
    content: { join_rule: "restricted", allow: [{ type: "m.room_membership", room_id: lobby }] },
  });
  await leave(house, userNamed("dave"));
  // All may invite; the first members by name are those who leave.
  await setStateEvent(house, requesterOf(alice), {
    ...{ roomId: house.roomId, type: "m.room.power_levels", stateKey: "", content: { users: {}, invite: 0 } },
  });
  const asked = [say(house, "1"), leave(house, alice), leave(house, bob), join(house, userNamed("dave"))];
  assert.deepEqual(await refusals(asked), ["done", "done", "done", "done"]);
  const joined = (await eventsOf(house, house.roomId, "m.room.member")).at(-1);
  const { join_authorised_via_users_server: authoriser } = JSON.parse(joined?.content ?? "{}") as JsonObject;
  assert.equal(authoriser, userNamed("carol"));
});

/** Another room, in which dave is. */
async function openLobby(house: SharedHouse): Promise<string> {
  const { createRoom } = await import("../../../src/domain/room-memberships/create-room.ts");
  return createRoom(house, requesterOf(userNamed("dave")), {
    ...{ visibility: undefined, roomVersion: undefined, roomAliasName: undefined, name: undefined, topic: undefined },
    ...{ isDirect: false, invite: [], invite3pid: [], creationContent: {}, initialState: [] },
    ...{ powerLevelContentOverride: {}, preset: "public_chat" },
  });
}

test("an alias is removed once, also in one unit with others", async (t) => {
  const house = await openSharedHouse(t, "bob");
  const alias = "#hall:example.org" as RoomAlias;
  await setRoomAlias(house, requesterOf(alice), { alias, roomId: house.roomId });
  const remove = (userId: UserId) => deleteRoomAlias(house, requesterOf(userId), alias);
  const asked = [say(house, "1"), remove(bob), remove(alice), remove(alice), say(house, "2")];
  assert.deepEqual(await refusals(asked), ["done", "M_FORBIDDEN", "done", "M_NOT_FOUND", "done"]);
  assert.deepEqual(await house.rows("room_aliases"), []);
});
