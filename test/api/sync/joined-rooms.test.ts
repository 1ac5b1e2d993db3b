import assert from "node:assert/strict";
import { test } from "node:test";
import {
  act,
  applyState,
  type Json,
  newRoom,
  roomPath,
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

test("a first sync tells all of a room: the newest events, and the state before them", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!, { name: "Hall" });
  for (const text of ["1", "2", "3"]) await say(alice!, roomId, text);
  const { rooms } = await syncOf(alice!, { filter: { room: { timeline: { limit: 2 } } } });
  assert.deepEqual(Object.keys(rooms.join), [roomId]);
  const room = rooms.join[roomId];
  assert.deepEqual(told(room.timeline.events), ["2", "3"]);
  assert.equal(room.timeline.limited, true);
  const types = told(room.state.events).sort();
  assert.ok(types.includes("alice: join") && types.includes("m.room.name") && types.includes("m.room.create"));
  const page = await succeed(alice!.get(roomPath(roomId, `/messages?dir=b&limit=1&from=${room.timeline.prev_batch}`)));
  assert.deepEqual(told(page.chunk), ["1"]);
  const own = room.timeline.events[0];
  assert.match(own.unsigned.transaction_id, /^txn/);
  assert.equal(own.room_id, undefined);
});

test("a whole room fits into its timeline, and then there is no state before it", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const room = (await syncOf(alice!, { filter: { room: { timeline: { limit: 100 } } } })).rooms.join[roomId];
  assert.equal(room.timeline.limited, false);
  assert.equal(room.timeline.events[0].type, "m.room.create");
  assert.deepEqual(room.state.events, []);
});

test("what is new is told once, to everybody in the room, and nothing when there is none", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  await act(bob!, roomId, "join");
  const before = await syncOf(bob!);
  await say(alice!, roomId, "hello");
  const first = await syncOf(bob!, { since: before.next_batch });
  const room = first.rooms.join[roomId];
  assert.deepEqual([texts(room), room.timeline.limited, room.state.events], [["hello"], false, []]);
  assert.equal(room.timeline.events[0].unsigned.transaction_id, undefined, "another device has sent it");
  assert.equal(room.timeline.events[0].unsigned.membership, "join");
  assert.deepEqual((await syncOf(bob!, { since: first.next_batch })).rooms.join, {});
  const again = await syncOf(bob!, { since: before.next_batch });
  assert.deepEqual(again.rooms.join[roomId].timeline, {
    ...room.timeline,
    events: again.rooms.join[roomId].timeline.events,
  });
  assert.deepEqual(texts(again.rooms.join[roomId]), ["hello"]);
});

test("a waiting sync is woken by what happens in any of its rooms", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomIds = [await newRoom(alice!), await newRoom(alice!)];
  for (const roomId of roomIds) await act(bob!, roomId, "join");
  let { next_batch: since } = await syncOf(bob!);
  for (const roomId of roomIds) {
    const waiting = syncOf(bob!, { since, timeout: 60_000 });
    await say(alice!, roomId, "wake up");
    const answer = await waiting;
    assert.deepEqual(texts(answer.rooms.join[roomId]), ["wake up"]);
    since = answer.next_batch;
  }
});

test("a room that is joined while a sync waits is told, and what follows in it", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  const { next_batch: since } = await syncOf(bob!);
  const waiting = syncOf(bob!, { since, timeout: 60_000 });
  await act(bob!, roomId, "join");
  const joined = await waiting;
  assert.ok(roomId in joined.rooms.join);
  const further = syncOf(bob!, { since: joined.next_batch, timeout: 60_000 });
  await say(alice!, roomId, "welcome");
  assert.deepEqual(texts((await further).rooms.join[roomId]), ["welcome"]);
});

test("a gap is told: the newest events, the state that changed before them, and where the rest is", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!, { name: "First" });
  const { next_batch: since } = await syncOf(alice!);
  await setState(alice!, roomId, "m.room.name", { name: "Second" });
  await setState(alice!, roomId, "m.room.name", { name: "Third" });
  await setState(alice!, roomId, "m.room.topic", { topic: "T" });
  for (const text of ["1", "2", "3"]) await say(alice!, roomId, text);
  await setState(alice!, roomId, "m.room.topic", { topic: "U" });
  const filter = { room: { timeline: { limit: 2 } } };
  const room = (await syncOf(alice!, { since, filter })).rooms.join[roomId];
  assert.deepEqual([told(room.timeline.events), room.timeline.limited], [["3", "m.room.topic"], true]);
  const contents = Object.fromEntries(room.state.events.map((event: Json) => [event.type, event.content]));
  assert.deepEqual(contents, { "m.room.name": { name: "Third" }, "m.room.topic": { topic: "T" } });
  const page = await succeed(alice!.get(roomPath(roomId, `/messages?dir=b&limit=3&from=${room.timeline.prev_batch}`)));
  assert.deepEqual(told(page.chunk), ["2", "1", "m.room.topic"]);
});

test("who has joined since is told everything, as in a first sync; who was away in between too", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!, { preset: "public_chat", name: "Hall" });
  await say(alice!, roomId, "before");
  const { next_batch: since } = await syncOf(bob!);
  await act(bob!, roomId, "join");
  const filter = { room: { timeline: { limit: 2 } } };
  const joined = await syncOf(bob!, { since, filter });
  const room = joined.rooms.join[roomId];
  assert.deepEqual([told(room.timeline.events), room.timeline.limited], [["before", "bob: join"], true]);
  assert.ok(told(room.state.events).includes("m.room.name"));
  assert.equal(room.summary["m.joined_member_count"], 2);
  await act(bob!, roomId, "leave");
  await setState(alice!, roomId, "m.room.name", { name: "Cellar" });
  await act(bob!, roomId, "join");
  const back = (await syncOf(bob!, { since: joined.next_batch, filter })).rooms;
  assert.deepEqual([Object.keys(back.join), Object.keys(back.leave)], [[roomId], []]);
  const types = told(back.join[roomId].state.events);
  assert.ok(types.includes("m.room.create") && types.includes("alice: join"), "all of the state");
});

test("history before one's join is told as far as it may be seen", async () => {
  for (const [visibility, seen] of [
    ["shared", ["early", "late"]],
    ["joined", ["late"]],
  ] as const) {
    const [alice, bob] = await users("alice", "bob");
    const roomId = await newRoom(alice!);
    await setState(alice!, roomId, "m.room.history_visibility", { history_visibility: visibility });
    await say(alice!, roomId, "early");
    await act(bob!, roomId, "join");
    await say(alice!, roomId, "late");
    const room = (await syncOf(bob!, { filter: { room: { timeline: { limit: 50 } } } })).rooms.join[roomId];
    assert.deepEqual(texts(room), seen, visibility);
    const state = new Map<string, Json>();
    applyState(state, room);
    assert.deepEqual(state, await stateOf(bob!, roomId), "the state is all there");
  }
});

test("full_state tells all rooms and their state at once, and the timeline since the token", async () => {
  const [alice] = await users("alice");
  const [quiet, loud] = [await newRoom(alice!, { name: "Quiet" }), await newRoom(alice!, { name: "Loud" })];
  const { next_batch: since } = await syncOf(alice!);
  await say(alice!, loud, "new");
  const { rooms } = await syncOf(alice!, { since, full_state: true, timeout: 60_000 });
  for (const roomId of [quiet, loud]) {
    assert.ok(told(rooms.join[roomId].state.events).includes("m.room.name"), roomId);
  }
  assert.deepEqual([texts(rooms.join[loud]), rooms.join[quiet].timeline.events], [["new"], []]);
  assert.equal(rooms.join[loud].timeline.limited, false);
});

test("E5: a token of a lost history is answered with all rooms, as after a gap, and with those that were left", async () => {
  const [alice] = await users("alice");
  const [here, left] = [await newRoom(alice!, { name: "Here" }), await newRoom(alice!)];
  await act(alice!, left, "leave");
  const { rooms } = await syncOf(alice!, { since: "s1_zzzzzzz_0_", timeout: 60_000 });
  assert.deepEqual([Object.keys(rooms.join), Object.keys(rooms.leave)], [[here], [left]]);
  const { timeline, state } = rooms.join[here];
  assert.equal(timeline.limited, true);
  assert.ok(told([...state.events, ...timeline.events]).includes("m.room.create"));
});

test("use_state_after: the state is told as it is at the timeline's end", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!, { name: "First" });
  const options = { use_state_after: true, filter: { room: { timeline: { limit: 1 } } } };
  const whole = await syncOf(alice!, options);
  const room = whole.rooms.join[roomId];
  assert.equal(room.state, undefined);
  const state = new Map<string, Json>();
  applyState(state, room);
  assert.deepEqual(state, await stateOf(alice!, roomId));
  await setState(alice!, roomId, "m.room.name", { name: "Second" });
  await setState(alice!, roomId, "m.room.name", { name: "Third" });
  const next = await syncOf(alice!, { ...options, since: whole.next_batch });
  assert.deepEqual(
    next.rooms.join[roomId].state_after.events.map((event: Json) => event.content),
    [{ name: "Third" }],
  );
  await say(alice!, roomId, "text");
  const last = (await syncOf(alice!, { ...options, since: next.next_batch })).rooms.join[roomId];
  assert.deepEqual([last.state_after, texts(last)], [{ events: [] }, ["text"]]);
  const draft = await succeed(
    alice!.get(
      `/sync?since=${next.next_batch}&${new URLSearchParams({ "org.matrix.msc4222.use_state_after": "true" })}`,
    ),
  );
  assert.deepEqual(draft.rooms.join[roomId]["org.matrix.msc4222.state_after"], { events: [] });
});

test("a redaction is told, and a redacted event without its content", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const { next_batch: since } = await syncOf(alice!);
  const eventId = await say(alice!, roomId, "oops");
  await succeed(alice!.request("PUT", roomPath(roomId, `/redact/${encodeURIComponent(eventId)}/r1`), {}));
  const { events } = (await syncOf(alice!, { since })).rooms.join[roomId].timeline;
  assert.deepEqual(told(events), ["(redacted)", "m.room.redaction"]);
  assert.equal(events[0].unsigned.redacted_because.event_id, events[1].event_id);
});

test("what relates to an event is told with it where there is a gap, and else by itself", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const { next_batch: since } = await syncOf(alice!);
  const root = await say(alice!, roomId, "root");
  await say(alice!, roomId, "reply", { "m.relates_to": { rel_type: "m.thread", event_id: root } });
  const whole = (await syncOf(alice!, { since })).rooms.join[roomId].timeline.events;
  assert.equal(whole[0].unsigned["m.relations"], undefined);
  const filter = { room: { timeline: { limit: 2 } } };
  const [event] = (await syncOf(alice!, { filter })).rooms.join[roomId].timeline.events;
  assert.equal(event.unsigned["m.relations"]["m.thread"].count, 1);
});

test("encrypted events are told as they are", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const content = { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "AwgAEnAC", session_id: "S" };
  await send(alice!, roomId, "m.room.encrypted", content);
  const { events } = (await syncOf(alice!)).rooms.join[roomId].timeline;
  assert.deepEqual(events.at(-1).content, content);
});
