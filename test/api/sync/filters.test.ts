import assert from "node:assert/strict";
import { test } from "node:test";
import {
  act,
  applyState,
  type Json,
  nameOf,
  newRoom,
  say,
  send,
  serveRooms,
  setState,
  stateOf,
  succeed,
  syncOf,
  texts,
  told,
} from "./rooms.ts";

const { users } = await serveRooms();

const membersOf = (room: Json) =>
  (room.state ?? room.state_after).events
    .filter((event: Json) => event.type === "m.room.member")
    .map((event: Json) => nameOf(event.state_key))
    .sort();

test("rooms and not_rooms choose rooms, of the whole and of each part", async () => {
  const [alice] = await users("alice");
  const [one, other] = [await newRoom(alice!), await newRoom(alice!)];
  for (const [room, expected] of [
    [{ rooms: [one] }, [one]],
    [{ not_rooms: [one] }, [other]],
    [{ rooms: [one], not_rooms: [one] }, []],
  ] as const) {
    assert.deepEqual(Object.keys((await syncOf(alice!, { filter: { room } })).rooms.join), expected);
  }
  const { rooms } = await syncOf(alice!, {
    filter: { room: { timeline: { not_rooms: [one] }, state: { rooms: [one] } } },
  });
  const [{ timeline, state }, otherRoom] = [rooms.join[one], rooms.join[other]];
  assert.deepEqual([timeline.events, timeline.limited, otherRoom.state.events], [[], false, []]);
  assert.ok(told(state.events).includes("m.room.create") && otherRoom.timeline.events.length > 0);
});

test("a timeline of some types and senders is filled with what passes, and the state tells what does not", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!, { preset: "public_chat", power_level_content_override: { state_default: 0 } });
  await act(bob!, roomId, "join");
  const { next_batch: since } = await syncOf(alice!);
  await say(alice!, roomId, "first");
  for (let index = 0; index < 30; index++) await send(bob!, roomId, "org.example.noise", {});
  await setState(bob!, roomId, "m.room.topic", { topic: "T" });
  await say(bob!, roomId, "second");
  const onlyMessages = { room: { timeline: { types: ["m.room.message"], limit: 2 } } };
  const room = (await syncOf(alice!, { since, filter: onlyMessages })).rooms.join[roomId];
  assert.deepEqual([texts(room), room.timeline.limited], [["first", "second"], false]);
  assert.deepEqual(told(room.state.events), ["m.room.topic"]);
  const onlyAlice = { room: { timeline: { senders: [alice!.userId], not_types: ["m.room.*r*"] } } };
  assert.deepEqual(told((await syncOf(alice!, { since, filter: onlyAlice })).rooms.join[roomId].timeline.events), [
    "first",
  ]);
  const whole = (await syncOf(alice!, { filter: onlyMessages })).rooms.join[roomId];
  assert.deepEqual(texts(whole), ["first", "second"]);
  const state = new Map<string, Json>();
  applyState(state, whole);
  assert.deepEqual(state, await stateOf(alice!, roomId), "the topic is told beside the timeline");
});

test("a filter that little passes is looked through only so far, and the rest is told to be a gap", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const { next_batch: since } = await syncOf(alice!);
  await say(alice!, roomId, "far away");
  for (let sent = 0; sent < 520; sent += 20) {
    await Promise.all(Array.from({ length: 20 }, () => send(alice!, roomId, "org.example.noise", {})));
  }
  const filter = { room: { timeline: { types: ["m.room.message"] } } };
  const { timeline } = (await syncOf(alice!, { since, filter })).rooms.join[roomId];
  assert.deepEqual([timeline.events, timeline.limited], [[], true]);
  const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100&from=${timeline.prev_batch}`;
  const { chunk } = await succeed(alice!.get(path));
  assert.ok(told(chunk).includes("far away"));
});

test("contains_url chooses what has one, or has not", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  await say(alice!, roomId, "picture", { url: "mxc://localhost/1" });
  await say(alice!, roomId, 'no "url"');
  for (const [contains_url, expected] of [
    [true, ["picture"]],
    [false, ['no "url"']],
  ] as const) {
    const filter = { room: { timeline: { types: ["m.room.message"], contains_url } } };
    assert.deepEqual(texts((await syncOf(alice!, { filter })).rooms.join[roomId]), expected);
  }
});

test("a timeline and a state of events that others relate to", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  await act(bob!, roomId, "join");
  const { next_batch: since } = await syncOf(alice!);
  const [root, other] = [await say(alice!, roomId, "root"), await say(alice!, roomId, "other")];
  const topic = await setState(alice!, roomId, "m.room.topic", { topic: "T" });
  const relate = (client: typeof alice, rel_type: string, event_id: string) =>
    say(client!, roomId, "about it", { "m.relates_to": { rel_type, event_id } });
  await relate(bob, "m.thread", root);
  await relate(alice, "m.reference", other);
  await relate(alice, "m.reference", topic);
  const inThread = { related_by_rel_types: ["m.thread"] };
  const timelineOf = async (timeline: object, options: object = { since }) => {
    const filter = { room: { timeline, state: { types: ["none"] } } };
    return texts((await syncOf(alice!, { filter, ...options })).rooms.join[roomId]);
  };
  assert.deepEqual(await timelineOf(inThread), ["root"]);
  assert.deepEqual(await timelineOf({ ...inThread, limit: 1 }, {}), ["root"]);
  assert.deepEqual(await timelineOf({ related_by_senders: [alice!.userId], types: ["m.room.message"] }), ["other"]);
  const noThread = { room: { timeline: { ...inThread, related_by_senders: [alice!.userId] }, state: { types: [] } } };
  assert.deepEqual((await syncOf(alice!, { since, filter: noThread })).rooms.join, {}, "bob's is the only one");
  const state = { related_by_senders: [alice!.userId] };
  for (const options of [{}, { since }]) {
    const { rooms } = await syncOf(alice!, { ...options, filter: { room: { state, timeline: { types: ["none"] } } } });
    assert.deepEqual(told(rooms.join[roomId].state.events), ["m.room.topic"]);
  }
});

test("account data and receipts are chosen by url, and not where senders or relations are asked for", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  await act(bob!, roomId, "join");
  for (const [type, content] of [
    ["org.example.with", { url: "mxc://localhost/1" }],
    ["org.example.without", {}],
  ] as const) {
    const path = `/user/${alice!.userId}/rooms/${encodeURIComponent(roomId)}/account_data/${type}`;
    await succeed(alice!.request("PUT", path, content));
  }
  const eventId = await say(alice!, roomId, "hello");
  await succeed(bob!.post(`/rooms/${encodeURIComponent(roomId)}/receipt/m.read/${encodeURIComponent(eventId)}`, {}));
  const toldBy = async (part: object) => {
    const { rooms } = await syncOf(alice!, { filter: { room: { account_data: part, ephemeral: part } } });
    const { account_data, ephemeral } = rooms.join[roomId];
    return [...told(account_data.events), ...told(ephemeral.events)].map((type) => type.replace("org.example.", ""));
  };
  assert.deepEqual(await toldBy({}), ["with", "without", "m.receipt"]);
  assert.deepEqual(await toldBy({ contains_url: true }), ["with"]);
  assert.deepEqual(await toldBy({ contains_url: false }), ["without", "m.receipt"]);
  assert.deepEqual(await toldBy({ senders: [alice!.userId] }), []);
  assert.deepEqual(await toldBy({ not_senders: [alice!.userId] }), ["with", "without", "m.receipt"]);
  assert.deepEqual(await toldBy({ related_by_senders: [alice!.userId] }), []);
});

test("a filter of the state honours types and senders", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!, { name: "Hall" });
  const filter = { room: { state: { types: ["m.room.name"] }, timeline: { types: ["none"] } } };
  const { next_batch: since, rooms } = await syncOf(alice!, { filter });
  assert.deepEqual(told(rooms.join[roomId].state.events), ["m.room.name"]);
  await setState(alice!, roomId, "m.room.topic", { topic: "T" });
  assert.deepEqual((await syncOf(alice!, { since, filter })).rooms.join, {}, "nothing of it is wanted");
});

test("lazily loaded members: only of who is in the timeline, oneself in a first sync, and whoever changed", async () => {
  const [alice, bob, carol, dave] = await users("alice", "bob", "carol", "dave");
  const roomId = await newRoom(alice!, { preset: "public_chat", name: "Hall" });
  for (const client of [bob!, carol!, dave!]) await act(client, roomId, "join");
  await say(bob!, roomId, "hello");
  const filter = { room: { timeline: { limit: 1 }, state: { lazy_load_members: true } } };
  const first = await syncOf(alice!, { filter });
  assert.deepEqual(membersOf(first.rooms.join[roomId]), ["alice", "bob"]);
  assert.ok(told(first.rooms.join[roomId].state.events).includes("m.room.name"));
  const after = await syncOf(alice!, { filter, use_state_after: true });
  assert.deepEqual(membersOf(after.rooms.join[roomId]), ["alice", "bob"]);
  await say(carol!, roomId, "hello too");
  const second = await syncOf(alice!, { filter, since: first.next_batch });
  assert.deepEqual(membersOf(second.rooms.join[roomId]), ["carol"]);
  await act(dave!, roomId, "leave");
  await act(carol!, roomId, "leave");
  await say(bob!, roomId, "where are they?");
  const third = await syncOf(alice!, { filter, since: second.next_batch });
  assert.deepEqual(membersOf(third.rooms.join[roomId]), ["bob", "carol", "dave"], "a gap tells who has gone");
});

test("lazily loaded members: whoever is introduced by the timeline is not told before it", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  const { next_batch: since } = await syncOf(alice!);
  await act(bob!, roomId, "join");
  await say(bob!, roomId, "hello");
  const filter = { room: { state: { lazy_load_members: true } } };
  const room = (await syncOf(alice!, { filter, since })).rooms.join[roomId];
  assert.deepEqual([told(room.timeline.events), membersOf(room)], [["bob: join", "hello"], []]);
});

test("lazily loaded members are told as they were at the timeline's start", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  await act(bob!, roomId, "join");
  const { next_batch: since } = await syncOf(alice!);
  const old = await setState(bob!, roomId, "m.room.member", { membership: "join", displayname: "Old" }, bob!.userId);
  await say(bob!, roomId, "1");
  await setState(bob!, roomId, "m.room.member", { membership: "join", displayname: "New" }, bob!.userId);
  const filter = { room: { timeline: { limit: 2 }, state: { lazy_load_members: true } } };
  for (const options of [{ filter }, { filter, since }]) {
    const room = (await syncOf(alice!, options)).rooms.join[roomId];
    const member = room.state.events.find((event: Json) => event.state_key === bob!.userId);
    assert.equal(member.event_id, old);
  }
});

test("a summary tells how many there are, and who a room without a name is named after", async () => {
  const [alice, bob, carol] = await users("alice", "bob", "carol");
  const roomId = await newRoom(alice!, { preset: "public_chat" });
  await act(bob!, roomId, "join");
  await act(alice!, roomId, "invite", { user_id: carol!.userId });
  const filter = { room: { state: { lazy_load_members: true }, timeline: { limit: 1 } } };
  const first = await syncOf(alice!, { filter });
  assert.deepEqual(first.rooms.join[roomId].summary, {
    ...{ "m.joined_member_count": 2, "m.invited_member_count": 1 },
    "m.heroes": [bob!.userId, carol!.userId],
  });
  assert.deepEqual(membersOf(first.rooms.join[roomId]), ["alice", "bob"], "carol's invite is in the timeline");
  await say(alice!, roomId, "hello");
  const second = await syncOf(alice!, { filter, since: first.next_batch });
  assert.equal(second.rooms.join[roomId].summary, undefined);
  await act(carol!, roomId, "leave");
  const third = await syncOf(alice!, { filter, since: second.next_batch });
  assert.deepEqual(third.rooms.join[roomId].summary["m.heroes"], [bob!.userId]);
  await act(bob!, roomId, "leave");
  const fourth = await syncOf(alice!, { filter, since: third.next_batch });
  assert.deepEqual(fourth.rooms.join[roomId].summary, {
    ...{ "m.joined_member_count": 1, "m.invited_member_count": 0 },
    "m.heroes": [carol!.userId, bob!.userId],
  });
  await setState(alice!, roomId, "m.room.name", { name: "Hall" });
  const fifth = await syncOf(alice!, { filter, since: fourth.next_batch });
  assert.deepEqual(fifth.rooms.join[roomId].summary, { "m.joined_member_count": 1, "m.invited_member_count": 0 });
});
