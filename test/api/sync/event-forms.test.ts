import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { act, type Json, nameOf, newRoom, say, serveRooms, setState, succeed, syncOf, told } from "./rooms.ts";

const { users } = await serveRooms();

/** Not held against the specification, which demands members of events that a client need not ask for. */
async function fieldsOf(client: Client, event_fields: string[], options: Record<string, string> = {}): Promise<Json> {
  const query = new URLSearchParams({ filter: JSON.stringify({ event_fields }), ...options });
  const response = await fetch(`${client.url}/_matrix/client/v3/sync?${query}`, {
    headers: { authorization: `Bearer ${client.account.accessToken}` },
  });
  assert.equal(response.status, 200);
  return response.json();
}

const setData = (client: Client, path: string, content: object) =>
  succeed(client.request("PUT", `/user/${client.userId}${path}`, content));

test("of events the fields that are asked for are told, wherever they stand", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!, { preset: "public_chat", name: "Hall" });
  const eventId = await say(alice!, roomId, "hello", { "m.mentions": { room: true }, more: 1 });
  await setData(alice!, "/account_data/org.example.a", { body: "own", more: 1 });
  await setData(alice!, `/rooms/${encodeURIComponent(roomId)}/account_data/org.example.b`, { body: "of the room" });
  await succeed(alice!.post(`/rooms/${encodeURIComponent(roomId)}/receipt/m.read/${encodeURIComponent(eventId)}`, {}));
  const answer = await fieldsOf(alice!, ["content.body", "content.m\\.mentions.room", "content.name", "sender"]);
  const room = answer.rooms.join[roomId];
  const sender = alice!.userId;
  assert.deepEqual(room.timeline.events.at(-1), { content: { body: "hello", "m.mentions": { room: true } }, sender });
  assert.ok(room.timeline.events.some(({ content }: Json) => content?.name === "Hall"));
  for (const event of room.timeline.events) assert.equal(event.sender, sender);
  assert.deepEqual(room.account_data.events, [{ content: { body: "of the room" } }]);
  assert.ok(answer.account_data.events.some(({ content }: Json) => content?.body === "own"));
  assert.deepEqual(room.ephemeral.events, [{}], "nothing of a receipt is asked for");
  const later = await fieldsOf(alice!, ["type", "unsigned.membership"], { use_state_after: "true" });
  assert.deepEqual(later.rooms.join[roomId].timeline.events.at(-1), {
    ...{ type: "m.room.message", unsigned: { membership: "join" } },
  });
  const types = later.rooms.join[roomId].state_after.events.map((event: Json) => Object.keys(event).join());
  assert.deepEqual([...new Set(types)], ["type"]);
});

test("fields are chosen in every answer: long ones, and those of a filter that is kept", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const { next_batch: since } = await syncOf(alice!);
  const bodies = Array.from({ length: 60 }, (_, n) => String(n));
  for (const body of bodies) await say(alice!, roomId, body);
  const definition = { event_fields: ["content.body", "event_id", "type", "origin_server_ts", "sender", "content"] };
  const filter = { ...definition, room: { timeline: { limit: 100 } } };
  const { filter_id } = await succeed(alice!.post(`/user/${alice!.userId}/filter`, filter));
  const { rooms } = await succeed(alice!.get(`/sync?${new URLSearchParams({ since, filter: filter_id })}`));
  const { events } = rooms.join[roomId].timeline;
  assert.deepEqual(told(events), bodies);
  for (const event of events) assert.equal("unsigned" in event, false);
});

test("what is no event of a filter stays whole: invites, and messages to devices", async () => {
  const [alice, bob] = await users("alice", "bob");
  const roomId = await newRoom(alice!, { preset: "private_chat", name: "Hall" });
  await act(alice!, roomId, "invite", { user_id: bob!.userId });
  await alice!.send("org.example.note", "1", { [bob!.userId]: { [bob!.deviceId]: { x: 1 } } });
  const { rooms, to_device } = await fieldsOf(bob!, ["content.body"]);
  const { events } = rooms.invite[roomId].invite_state;
  assert.deepEqual(events.find(({ type }: Json) => type === "m.room.name").content, { name: "Hall" });
  assert.deepEqual(to_device.events, [{ type: "org.example.note", sender: alice!.userId, content: { x: 1 } }]);
});

test("an empty list of fields asks for all of them", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const { timeline } = (await syncOf(alice!, { filter: { event_fields: [] } })).rooms.join[roomId];
  assert.ok(timeline.events.every((event: Json) => "unsigned" in event));
});

test("events are told as servers exchange them where that is asked for", async () => {
  const [alice, bob] = await users("alice", "bob");
  for (const room_version of ["10", "12"]) {
    const roomId = await newRoom(alice!, { preset: "public_chat", room_version });
    await act(bob!, roomId, "join");
    const first = await say(alice!, roomId, "first");
    const second = await say(alice!, roomId, "second", { nested: { "a.b": [1] } });
    const room = (await syncOf(alice!, { filter: { event_format: "federation" } })).rooms.join[roomId];
    const event = room.timeline.events.at(-1);
    const { auth_events, depth, hashes, signatures, unsigned, origin_server_ts, ...others } = event;
    assert.deepEqual(others, {
      ...{ type: "m.room.message", sender: alice!.userId, room_id: roomId, event_id: second, prev_events: [first] },
      content: { msgtype: "m.text", body: "second", nested: { "a.b": [1] } },
    });
    assert.deepEqual([typeof depth, typeof origin_server_ts, auth_events.length > 0], ["number", "number", true]);
    assert.deepEqual([Object.keys(hashes), Object.keys(signatures).length], [["sha256"], 1]);
    assert.deepEqual([unsigned.membership, typeof unsigned.transaction_id], ["join", "string"]);
    const states = (await syncOf(bob!, { filter: { event_format: "federation", room: { timeline: { limit: 1 } } } }))
      .rooms.join[roomId].state.events;
    for (const state of states) assert.ok(state.signatures && state.auth_events && "state_key" in state);
    const members = states.filter(({ type }: Json) => type === "m.room.member");
    assert.deepEqual(members.map(({ state_key }: Json) => nameOf(state_key)).sort(), ["alice", "bob"]);
  }
});

test("events of the other form keep what unsigned says, and what is redacted stays redacted", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!, { preset: "public_chat", room_version: "10" });
  const root = await say(alice!, roomId, "root");
  const reply = await say(alice!, roomId, "reply", { "m.relates_to": { rel_type: "m.thread", event_id: root } });
  const gone = await say(alice!, roomId, "secret");
  const path = `/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(gone)}/1`;
  const { event_id: redaction } = await succeed(alice!.request("PUT", path, {}));
  const topic = await setState(alice!, roomId, "m.room.topic", { topic: "a" });
  await setState(alice!, roomId, "m.room.topic", { topic: "b" });
  const filter = { event_format: "federation", room: { timeline: { limit: 6 } } };
  const { events } = (await syncOf(alice!, { filter })).rooms.join[roomId].timeline;
  const byId = new Map<string, Json>(events.map((event: Json) => [event.event_id, event]));
  assert.deepEqual([byId.get(gone).content, byId.get(gone).unsigned.redacted_because.event_id], [{}, redaction]);
  assert.equal(byId.get(redaction).redacts, gone);
  const { latest_event } = byId.get(root).unsigned["m.relations"]["m.thread"];
  assert.deepEqual([latest_event.event_id, latest_event.depth], [reply, byId.get(reply).depth]);
  assert.deepEqual(events.at(-1).unsigned.prev_content, { topic: "a" });
  assert.equal(events.at(-1).unsigned.replaces_state, topic);
});

test("fields may be those of the other form", async () => {
  const [alice] = await users("alice");
  const roomId = await newRoom(alice!);
  const filter = JSON.stringify({ event_format: "federation", event_fields: ["depth", "hashes"] });
  const { rooms } = await fieldsOf(alice!, [], { filter });
  const { events } = rooms.join[roomId].timeline;
  assert.deepEqual(
    events.map((event: Json) => Object.keys(event).sort().join()),
    events.map(() => "depth,hashes"),
  );
});
