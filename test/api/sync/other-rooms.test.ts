import assert from "node:assert/strict";
import { test } from "node:test";
import { act, type Json, nameOf, newRoom, say, serveRooms, setState, succeed, syncOf, texts, told } from "./rooms.ts";

const { users } = await serveRooms();
const archive = { room: { include_leave: true } };

test("an invite is told with what may be known of the room, until it is answered", async () => {
  const [alice, bob] = await users("alice", "bob");
  const { next_batch: since } = await syncOf(bob!);
  const waiting = syncOf(bob!, { since, timeout: 60_000 });
  const roomId = await newRoom(alice!, { name: "Hall", topic: "T", invite: [bob!.userId] });
  const invited = await waiting;
  const { events } = invited.rooms.invite[roomId].invite_state;
  assert.deepEqual(
    told(events)
      .filter((text) => text !== "m.room.topic")
      .sort(),
    ["alice: join", "bob: invite", "m.room.create", "m.room.join_rules", "m.room.name"],
  );
  for (const event of events) assert.deepEqual(Object.keys(event).sort(), ["content", "sender", "state_key", "type"]);
  assert.deepEqual(invited.rooms.join, {});
  assert.deepEqual((await syncOf(bob!, { since: invited.next_batch })).rooms.invite, {});
  assert.deepEqual(Object.keys((await syncOf(bob!)).rooms.invite), [roomId]);
  await setState(alice!, roomId, "m.room.name", { name: "Secret" });
  const first = (await syncOf(bob!)).rooms.invite[roomId].invite_state.events;
  assert.equal(
    first.find((event: Json) => event.type === "m.room.name").content.name,
    "Hall",
    "as it was at the invite",
  );
  await act(bob!, roomId, "join");
  const joined = (await syncOf(bob!, { since: invited.next_batch })).rooms;
  assert.deepEqual([Object.keys(joined.join), joined.invite], [[roomId], {}]);
});

test("a rejected invite, and one that is taken back, leave the room with that event alone", async () => {
  const [alice, bob] = await users("alice", "bob");
  for (const [ends, sender] of [
    [(roomId: string) => act(bob!, roomId, "leave"), "bob"],
    [(roomId: string) => act(alice!, roomId, "kick", { user_id: bob!.userId }), "alice"],
  ] as const) {
    const roomId = await newRoom(alice!, { invite: [bob!.userId] });
    const { next_batch: since } = await syncOf(bob!);
    await say(alice!, roomId, "not for bob");
    await ends(roomId);
    const { rooms } = await syncOf(bob!, { since });
    assert.deepEqual([rooms.invite, rooms.join], [{}, {}]);
    const { timeline, state } = rooms.leave[roomId];
    assert.deepEqual([told(timeline.events), nameOf(timeline.events[0].sender)], [["bob: leave"], sender]);
    assert.deepEqual(state.events, []);
  }
});

test("a knock is told to who knocks, and its end", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!, {
    name: "Hall",
    initial_state: [{ type: "m.room.join_rules", content: { join_rule: "knock" } }],
  });
  const { next_batch: since } = await syncOf(bob!);
  await succeed(bob!.post(`/knock/${encodeURIComponent(roomId)}`, {}));
  const knocked = await syncOf(bob!, { since });
  const types = told(knocked.rooms.knock[roomId].knock_state.events);
  assert.ok(types.includes("bob: knock") && types.includes("m.room.name"));
  await act(alice!, roomId, "kick", { user_id: bob!.userId });
  const { rooms } = await syncOf(bob!, { since: knocked.next_batch });
  assert.deepEqual([rooms.knock, told(rooms.leave[roomId].timeline.events)], [{}, ["bob: leave"]]);
});

test("who leaves, is kicked or banned is told what happened until then, and nothing after it", async () => {
  const [alice, bob] = await users("alice", "bob");
  for (const [verb, membership] of [
    ["leave", "leave"],
    ["kick", "leave"],
    ["ban", "ban"],
  ] as const) {
    const roomId = await newRoom(alice!);
    await act(bob!, roomId, "join");
    const { next_batch: since } = await syncOf(bob!);
    const waiting = syncOf(bob!, { since, timeout: 60_000 });
    await say(alice!, roomId, "goodbye");
    const seen = await waiting;
    assert.deepEqual(texts(seen.rooms.join[roomId]), ["goodbye"]);
    await say(alice!, roomId, "last words");
    await setState(alice!, roomId, "m.room.name", { name: "Until" });
    if (verb === "leave") await act(bob!, roomId, verb);
    else await act(alice!, roomId, verb, { user_id: bob!.userId });
    await say(alice!, roomId, "behind his back");
    await setState(alice!, roomId, "m.room.name", { name: "After" });
    const filter = { room: { timeline: { limit: 2 } } };
    const { rooms, next_batch } = await syncOf(bob!, { since: seen.next_batch, filter });
    const room = rooms.leave[roomId];
    assert.deepEqual(
      [Object.keys(rooms.join), told(room.timeline.events)],
      [[], ["m.room.name", `bob: ${membership}`]],
    );
    assert.equal(room.timeline.limited, true);
    assert.deepEqual((await syncOf(bob!, { since: next_batch })).rooms.leave, {});
    // All of the state, as it was then.
    const archived = (await syncOf(bob!, { filter: { room: { include_leave: true, timeline: { limit: 1 } } } })).rooms;
    const names = archived.leave[roomId].state.events.filter((event: Json) => event.type === "m.room.name");
    assert.deepEqual(
      names.map((event: Json) => event.content),
      [{ name: "Until" }],
    );
    assert.deepEqual(told(archived.leave[roomId].timeline.events), [`bob: ${membership}`]);
  }
});

test("a room that one device has left and forgotten is left for the others too", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  await act(bob!, roomId, "join");
  const { next_batch: since } = await syncOf(bob!);
  await say(alice!, roomId, "before");
  await act(bob!, roomId, "leave");
  await act(bob!, roomId, "forget");
  const { rooms, next_batch } = await syncOf(bob!, { since });
  const { timeline, state } = rooms.leave[roomId];
  assert.deepEqual([told(timeline.events), state.events], [["bob: leave"], []], "what is forgotten has no history");
  assert.deepEqual((await syncOf(bob!, { since: next_batch })).rooms.leave, {});
  assert.deepEqual((await syncOf(bob!, { filter: archive })).rooms.leave, {});
});

test("a first sync leaves out what was left, unless it is asked for, and what was forgotten", async () => {
  const [alice, bob] = await users("alice", "bob");
  const [left, forgotten] = [await newRoom(alice!), await newRoom(alice!)];
  const { next_batch: since } = await syncOf(bob!);
  for (const roomId of [left, forgotten]) {
    await act(bob!, roomId, "join");
    await act(bob!, roomId, "leave");
  }
  await act(bob!, forgotten, "forget");
  assert.deepEqual((await syncOf(bob!)).rooms.leave, {});
  assert.deepEqual(Object.keys((await syncOf(bob!, { filter: archive })).rooms.leave), [left]);
  // Who was there for a while since the token is told of it as of a room that he does not know.
  const { rooms } = await syncOf(bob!, { since });
  assert.deepEqual(told(rooms.leave[forgotten].timeline.events), ["bob: leave"]);
  assert.ok(told(rooms.leave[left].timeline.events).includes("bob: join"));
});

test("a ban after leaving is told by itself, and so is its end", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!);
  await act(bob!, roomId, "join");
  const start = await syncOf(bob!);
  await act(bob!, roomId, "leave");
  await say(alice!, roomId, "behind his back");
  await act(alice!, roomId, "ban", { user_id: bob!.userId });
  const both = await syncOf(bob!, { since: start.next_batch });
  assert.deepEqual(told(both.rooms.leave[roomId].timeline.events), ["bob: leave", "bob: ban"]);
  await act(alice!, roomId, "unban", { user_id: bob!.userId });
  const end = await syncOf(bob!, { since: both.next_batch });
  assert.deepEqual(told(end.rooms.leave[roomId].timeline.events), ["bob: leave"]);
});

test("ignored users: their invites are not told, nor what they say; what they change of the state is", async () => {
  const [alice, bob, carol] = await users("alice", "bob", "carol");
  const roomId = await newRoom(alice!, { preset: "public_chat", power_level_content_override: { state_default: 0 } });
  for (const client of [bob!, carol!]) await act(client, roomId, "join");
  const path = `/user/${encodeURIComponent(carol!.userId)}/account_data/m.ignored_user_list`;
  await succeed(carol!.request("PUT", path, { ignored_users: { [bob!.userId]: {} } }));
  const { next_batch: since } = await syncOf(carol!);
  const hidden = await newRoom(bob!, { invite: [carol!.userId] });
  await say(bob!, roomId, "ignored");
  await setState(bob!, roomId, "m.room.topic", { topic: "by bob" });
  await say(alice!, roomId, "heard");
  for (const answer of [await syncOf(carol!, { since }), await syncOf(carol!)]) {
    assert.ok(!(hidden in answer.rooms.invite));
    assert.deepEqual(texts(answer.rooms.join[roomId]), ["heard"]);
    assert.ok(told(answer.rooms.join[roomId].timeline.events).includes("m.room.topic"));
  }
});
