import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import {
  act,
  type Json,
  nameOf,
  newRoom,
  roomPath,
  say,
  serveRooms,
  setState,
  succeed,
  syncOf,
  told,
} from "./rooms.ts";

const { users } = await serveRooms();

const ephemeral = (room: Json, type: string) =>
  room.ephemeral.events.find((event: Json) => event.type === type)?.content;

function type(client: Client, roomId: string, typing: boolean): Promise<Json> {
  const path = roomPath(roomId, `/typing/${encodeURIComponent(client.userId)}`);
  return succeed(client.request("PUT", path, { typing, timeout: 30_000 }));
}

function read(client: Client, roomId: string, eventId: string, kind = "m.read", body: object = {}): Promise<Json> {
  return succeed(client.post(roomPath(roomId, `/receipt/${kind}/${encodeURIComponent(eventId)}`), body));
}

async function sharedRoom(...names: string[]) {
  const clients = await users(...names);
  const roomId = await newRoom(clients[0]!);
  for (const client of clients.slice(1)) await act(client, roomId, "join");
  return { clients, roomId };
}

test("who types is told when it changes, to those who wait too", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob");
  const [alice, bob] = clients;
  const first = await syncOf(bob!);
  assert.equal(ephemeral(first.rooms.join[roomId], "m.typing"), undefined);
  const waiting = syncOf(bob!, { since: first.next_batch, timeout: 60_000 });
  await type(alice!, roomId, true);
  const typing = await waiting;
  assert.deepEqual(ephemeral(typing.rooms.join[roomId], "m.typing"), { user_ids: [alice!.userId] });
  assert.deepEqual(typing.rooms.join[roomId].timeline.events, []);
  assert.deepEqual(ephemeral((await syncOf(bob!)).rooms.join[roomId], "m.typing"), { user_ids: [alice!.userId] });
  await type(alice!, roomId, false);
  const ceased = await syncOf(bob!, { since: typing.next_batch });
  assert.deepEqual(ephemeral(ceased.rooms.join[roomId], "m.typing"), { user_ids: [] });
  assert.deepEqual((await syncOf(bob!, { since: ceased.next_batch })).rooms.join, {});
});

test("receipts are told to everybody, private ones to who has read alone", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob");
  const [alice, bob] = clients;
  const eventId = await say(alice!, roomId, "read me");
  const [ofAlice, ofBob] = [await syncOf(alice!), await syncOf(bob!)];
  const waiting = syncOf(alice!, { since: ofAlice.next_batch, timeout: 60_000 });
  await read(bob!, roomId, eventId, "m.read.private");
  await read(bob!, roomId, eventId);
  const toldAlice = ephemeral((await waiting).rooms.join[roomId], "m.receipt")[eventId];
  assert.deepEqual(Object.keys(toldAlice), ["m.read"]);
  assert.equal(typeof toldAlice["m.read"][bob!.userId].ts, "number");
  const toldBob = (await syncOf(bob!, { since: ofBob.next_batch })).rooms.join[roomId];
  assert.deepEqual(Object.keys(ephemeral(toldBob, "m.receipt")[eventId]).sort(), ["m.read", "m.read.private"]);
  const initial = (await syncOf(alice!)).rooms.join[roomId];
  assert.deepEqual(Object.keys(ephemeral(initial, "m.receipt")[eventId]), ["m.read"]);
});

test("receipts of threads name their thread", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob");
  const [alice, bob] = clients;
  const root = await say(alice!, roomId, "root");
  const reply = await say(alice!, roomId, "reply", { "m.relates_to": { rel_type: "m.thread", event_id: root } });
  await read(bob!, roomId, reply, "m.read", { thread_id: root });
  await read(bob!, roomId, root, "m.read", { thread_id: "main" });
  const content = ephemeral((await syncOf(alice!)).rooms.join[roomId], "m.receipt");
  assert.equal(content[reply]["m.read"][bob!.userId].thread_id, root);
  assert.equal(content[root]["m.read"][bob!.userId].thread_id, "main");
});

test("a filter of what is ephemeral is honoured", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob");
  const [alice, bob] = clients;
  const eventId = await say(alice!, roomId, "read me");
  await read(bob!, roomId, eventId);
  await type(bob!, roomId, true);
  const filter = { room: { ephemeral: { not_types: ["m.typing"] } } };
  const { next_batch: since, rooms } = await syncOf(alice!, { filter });
  assert.deepEqual(
    rooms.join[roomId].ephemeral.events.map((event: Json) => event.type),
    ["m.receipt"],
  );
  await type(bob!, roomId, false);
  assert.deepEqual((await syncOf(alice!, { since, filter })).rooms.join, {});
});

test("a user's own data of a room is told when it changes, and all of it to who does not know the room", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob");
  const [, bob] = clients;
  const path = (name: string) => `/user/${encodeURIComponent(bob!.userId)}${roomPath(roomId, `/account_data/${name}`)}`;
  const { next_batch: since } = await syncOf(bob!);
  const waiting = syncOf(bob!, { since, timeout: 60_000 });
  await succeed(bob!.request("PUT", path("org.example.one"), { one: 1 }));
  const set = await waiting;
  assert.deepEqual(set.rooms.join[roomId].account_data.events, [{ type: "org.example.one", content: { one: 1 } }]);
  await succeed(bob!.request("PUT", path("org.example.two"), {}));
  const changed = await syncOf(bob!, { since: set.next_batch });
  assert.deepEqual(told(changed.rooms.join[roomId].account_data.events), ["org.example.two"]);
  await act(bob!, roomId, "leave");
  const away = await syncOf(bob!, { since: changed.next_batch });
  await act(bob!, roomId, "join");
  for (const answer of [await syncOf(bob!, { since: away.next_batch }), await syncOf(bob!)]) {
    assert.deepEqual(told(answer.rooms.join[roomId].account_data.events).sort(), [
      "org.example.one",
      "org.example.two",
    ]);
  }
  const filter = { room: { account_data: { types: ["org.example.t*"] } } };
  assert.deepEqual(told((await syncOf(bob!, { filter })).rooms.join[roomId].account_data.events), ["org.example.two"]);
});

test("what is unread is counted by the user's rules, until it is read or answered", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob", "carol");
  const [alice, bob] = clients;
  const counts = async (since?: string) =>
    (await syncOf(bob!, since === undefined ? {} : { since })).rooms.join[roomId].unread_notifications;
  const { next_batch: since } = await syncOf(bob!);
  assert.deepEqual(await counts(), { notification_count: 0, highlight_count: 0 });
  await say(alice!, roomId, "one");
  await say(alice!, roomId, "a notice", { msgtype: "m.notice" });
  const second = await say(alice!, roomId, "two", { "m.mentions": { user_ids: [bob!.userId] } });
  assert.deepEqual(await counts(since), { notification_count: 2, highlight_count: 1 });
  await say(alice!, roomId, "three");
  assert.deepEqual(await counts(since), { notification_count: 3, highlight_count: 1 }, "counted on");
  assert.deepEqual(await counts(), { notification_count: 3, highlight_count: 1 });
  const before = await syncOf(bob!);
  const waiting = syncOf(bob!, { since: before.next_batch, timeout: 60_000 });
  await read(bob!, roomId, second, "m.read.private");
  const { unread_notifications } = (await waiting).rooms.join[roomId];
  assert.deepEqual(unread_notifications, { notification_count: 1, highlight_count: 0 });
  await say(bob!, roomId, "answer");
  assert.deepEqual(await counts(), { notification_count: 0, highlight_count: 0 }, "who sends has read");
  await say(alice!, roomId, "four");
  assert.deepEqual(await counts(), { notification_count: 1, highlight_count: 0 });
  const rule = `/pushrules/global/room/${encodeURIComponent(roomId)}`;
  await succeed(bob!.request("PUT", rule, { actions: [] }));
  assert.deepEqual(await counts(), { notification_count: 0, highlight_count: 0 }, "the room is muted");
});

test("who may notify the whole room is decided by the power levels", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob", "carol");
  const [alice, bob, carol] = clients;
  const everybody = { "m.mentions": { room: true } };
  await say(carol!, roomId, "@room", everybody);
  const weak = (await syncOf(bob!)).rooms.join[roomId].unread_notifications;
  assert.deepEqual(weak, { notification_count: 1, highlight_count: 0 });
  await say(alice!, roomId, "@room", everybody);
  const strong = (await syncOf(bob!)).rooms.join[roomId].unread_notifications;
  assert.deepEqual(strong, { notification_count: 2, highlight_count: 1 });
});

test("what is unread in threads is told apart where that is asked for", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob", "carol");
  const [alice, bob] = clients;
  const root = await say(alice!, roomId, "root");
  const inThread = { "m.relates_to": { rel_type: "m.thread", event_id: root } };
  const reply = await say(alice!, roomId, "reply", inThread);
  await say(alice!, roomId, "reply for bob", { ...inThread, "m.mentions": { user_ids: [bob!.userId] } });
  const filter = { room: { timeline: { unread_thread_notifications: true } } };
  const split = (await syncOf(bob!, { filter })).rooms.join[roomId];
  assert.deepEqual(split.unread_notifications, { notification_count: 1, highlight_count: 0 });
  assert.deepEqual(split.unread_thread_notifications, { [root]: { notification_count: 2, highlight_count: 1 } });
  const together = (await syncOf(bob!)).rooms.join[roomId];
  assert.deepEqual(together.unread_notifications, { notification_count: 3, highlight_count: 1 });
  assert.equal(together.unread_thread_notifications, undefined);
  await read(bob!, roomId, reply, "m.read", { thread_id: root });
  const threadRead = (await syncOf(bob!, { filter })).rooms.join[roomId];
  assert.deepEqual(threadRead.unread_thread_notifications, { [root]: { notification_count: 1, highlight_count: 1 } });
  assert.deepEqual(threadRead.unread_notifications, { notification_count: 1, highlight_count: 0 });
  await read(bob!, roomId, root, "m.read", { thread_id: "main" });
  const mainRead = (await syncOf(bob!, { filter })).rooms.join[roomId];
  assert.deepEqual(mainRead.unread_notifications, { notification_count: 0, highlight_count: 0 });
  await read(bob!, roomId, await say(alice!, roomId, "end"));
  const allRead = (await syncOf(bob!, { filter })).rooms.join[roomId];
  assert.deepEqual(
    [allRead.unread_notifications.notification_count, allRead.unread_thread_notifications],
    [0, undefined],
  );
});

test("what is redacted is not unread, though it was counted before", async () => {
  const { clients, roomId } = await sharedRoom("alice", "bob");
  const [alice, bob] = clients;
  const eventIds = [await say(alice!, roomId, "one"), await say(alice!, roomId, "two")];
  const { rooms, next_batch: since } = await syncOf(bob!);
  assert.equal(rooms.join[roomId].unread_notifications.notification_count, 2);
  await succeed(alice!.request("PUT", roomPath(roomId, `/redact/${encodeURIComponent(eventIds[1]!)}/r`), {}));
  const after = (await syncOf(bob!, { since })).rooms.join[roomId].unread_notifications;
  assert.equal(after.notification_count, 1);
});

test("what was said before one's join is not unread", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  await say(alice!, roomId, "early");
  await act(bob!, roomId, "join");
  await setState(alice!, roomId, "m.room.topic", { topic: "T" });
  await say(alice!, roomId, "late");
  assert.equal((await syncOf(bob!)).rooms.join[roomId].unread_notifications.notification_count, 1);
  assert.equal(nameOf(bob!.userId), "bob");
});
