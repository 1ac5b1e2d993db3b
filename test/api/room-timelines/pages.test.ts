import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import {
  bodiesIn,
  type Json,
  join,
  newRoom,
  refused,
  roomPath,
  roomPathV1,
  say,
  sayMany,
  send,
  setState,
  succeed,
  walk,
} from "./timelines.ts";

const { newUser } = await serveUsers();

const messages = (client: Client, roomId: string, query: Record<string, string>): Promise<Json> =>
  succeed(client.get(`${roomPath(roomId, "messages")}?${new URLSearchParams(query)}`));

const idsIn = (events: readonly Json[]): string[] => events.map(({ event_id }) => event_id);

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => String(from + n));

async function sayAll(client: Client, roomId: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await say(client, roomId, body);
}

test("pages of every size give every event once, in both directions", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  await sayAll(alice, roomId, numbers(0, 25));
  const all = idsIn(await walk(alice, roomId, { dir: "f", limit: "100" }));
  assert.equal(new Set(all).size, all.length);
  for (const limit of ["1", "3", "7", "10", "99"]) {
    assert.deepEqual(idsIn(await walk(alice, roomId, { dir: "f", limit })), all);
    assert.deepEqual(idsIn(await walk(alice, roomId, { dir: "b", limit })), all.toReversed());
  }
});

test("a walk gives every event once while others send, and what came meanwhile only at the end that grows", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  await sayAll(alice, roomId, numbers(0, 20));
  const before = idsIn(await walk(alice, roomId, { dir: "f", limit: "100" }));
  let stopped = false;
  const sent: string[] = [];
  const sending = (async () => {
    while (!stopped) sent.push(await say(bob, roomId, "meanwhile"));
  })();
  const backward = idsIn(await walk(alice, roomId, { dir: "b", limit: "2" }));
  const forward = idsIn(await walk(alice, roomId, { dir: "f", limit: "2" }));
  stopped = true;
  await sending;
  const all = [...before, ...sent];
  assert.deepEqual(forward, all.slice(0, forward.length));
  assert.ok(forward.length >= before.length);
  const oldest = backward.toReversed();
  assert.deepEqual(oldest, all.slice(0, oldest.length));
});

test("tokens of a page and of a sync lead on from where they were given", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  await sayAll(alice, roomId, ["1", "2"]);
  const since = (await bob.sync()).next_batch;
  const { start } = await messages(bob, roomId, { dir: "b", limit: "1" });
  await sayAll(alice, roomId, ["3", "4", "5"]);
  for (const from of [since, start]) {
    assert.deepEqual(bodiesIn(await walk(bob, roomId, { dir: "f", from, limit: "2" })), ["3", "4", "5"]);
    assert.deepEqual(bodiesIn(await walk(bob, roomId, { dir: "b", from, limit: "1" })), ["2", "1"]);
    assert.deepEqual(bodiesIn(await walk(bob, roomId, { dir: "b", to: from, limit: "1" })), ["5", "4", "3"]);
    assert.deepEqual(bodiesIn(await walk(bob, roomId, { dir: "f", to: from, limit: "1" })), ["1", "2"]);
  }
  const { end } = await messages(bob, roomId, { dir: "b", limit: "2" });
  assert.deepEqual(bodiesIn(await walk(bob, roomId, { dir: "f", from: end })), ["4", "5"]);
  assert.equal((await messages(bob, roomId, { dir: "b", from: end })).start, end);
});

test("sizes, directions and tokens that are wrong", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  await sayMany(alice, roomId, numbers(0, 100));
  const path = roomPath(roomId, "messages");
  assert.equal((await messages(alice, roomId, { dir: "b" })).chunk.length, 10);
  assert.equal((await messages(alice, roomId, { dir: "b", limit: "1000" })).chunk.length, 100);
  assert.equal((await messages(alice, roomId, { dir: "b", limit: "0" })).chunk.length, 1);
  await refused(alice.get(path), 400, "M_MISSING_PARAM");
  for (const query of [
    "dir=x",
    "dir=b&from=x",
    "dir=b&to=p1_1",
    "dir=b&limit=-1",
    "dir=b&filter=x",
    "dir=b&from=p1_01_1",
  ]) {
    await refused(alice.get(`${path}?${query}`), 400, "M_INVALID_PARAM");
  }
  const wrong = encodeURIComponent(JSON.stringify({ types: 5 }));
  await refused(alice.get(`${path}?dir=b&filter=${wrong}`), 400, "M_BAD_JSON");
});

test("a filter is honoured, however rare what it lets through is", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  await send(bob, roomId, { url: "mxc://localhost/a" }, "org.example.rare");
  await sayMany(alice, roomId, numbers(0, 110));
  const found = async (filter: object, limit = "2") => {
    const events = await walk(alice, roomId, { dir: "b", limit, filter: JSON.stringify(filter) });
    return [...new Set(events.map(({ type }) => type))];
  };
  assert.deepEqual(await found({ types: ["org.example.*"] }), ["org.example.rare"]);
  assert.deepEqual(await found({ contains_url: true }), ["org.example.rare"]);
  assert.deepEqual(await found({ senders: [bob.userId] }), ["org.example.rare", "m.room.member"]);
  assert.deepEqual(await found({ not_types: ["m.*"] }), ["org.example.rare"]);
  assert.deepEqual(await found({ not_rooms: [roomId] }), []);
  assert.deepEqual(await found({ rooms: [roomId], types: ["m.room.create"] }), ["m.room.create"]);
});

test("members are told as they are needed", async () => {
  const [alice, bob, carol] = [await newUser(), await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  await join(carol, roomId);
  const last = await say(bob, roomId, "hi");
  const filter = JSON.stringify({ lazy_load_members: true });
  const page = await messages(alice, roomId, { dir: "b", limit: "1", filter });
  const members = (events: Json[]) =>
    events.filter(({ type }) => type === "m.room.member").map(({ state_key }) => state_key);
  assert.deepEqual(members(page.state), [bob.userId]);
  assert.equal("state" in (await messages(alice, roomId, { dir: "b", limit: "1" })), false);
  const context = (query: string) => succeed(alice.get(`${roomPath(roomId, "context", last)}?limit=0${query}`));
  assert.deepEqual(members((await context(`&filter=${encodeURIComponent(filter)}`)).state), [bob.userId]);
  assert.deepEqual(members((await context("")).state).sort(), [alice, bob, carol].map(({ userId }) => userId).sort());
});

test("messages of ignored users are left out, and their state is not", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice, { room_version: "11", power_level_content_override: { state_default: 0 } });
  await join(bob, roomId);
  await say(bob, roomId, "from bob");
  await setState(bob, roomId, "m.room.topic", { topic: "bob's" });
  await say(alice, roomId, "from alice");
  const type = "m.ignored_user_list";
  const list = { ignored_users: { [bob.userId]: {} } };
  await succeed(alice.request("PUT", `/user/${alice.userId}/account_data/${type}`, list));
  const events = await walk(alice, roomId, { dir: "b" });
  assert.deepEqual(bodiesIn(events), ["from alice"]);
  assert.ok(events.some((event) => event.type === "m.room.topic"));
});

test("a context is what came before and after, and leads on in both directions", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  await sayAll(alice, roomId, ["1", "2", "3"]);
  const eventId = await say(alice, roomId, "4");
  await sayAll(alice, roomId, ["5", "6", "7"]);
  const context = (query: string) => succeed(alice.get(`${roomPath(roomId, "context", eventId)}${query}`));
  const around = async (query: string) => {
    const { events_before, event, events_after } = await context(query);
    assert.equal(event.event_id, eventId);
    return [bodiesIn(events_before), bodiesIn(events_after)];
  };
  assert.deepEqual(await around("?limit=5"), [
    ["3", "2"],
    ["5", "6", "7"],
  ]);
  assert.deepEqual(await around("?limit=1"), [[], ["5"]]);
  assert.deepEqual(await around("?limit=0"), [[], []]);
  assert.deepEqual((await around(""))[1], ["5", "6", "7"]);
  const { start, end } = await context("?limit=2");
  assert.deepEqual(bodiesIn(await walk(alice, roomId, { dir: "f", from: end })), ["6", "7"]);
  assert.deepEqual(bodiesIn(await walk(alice, roomId, { dir: "b", from: start })), ["2", "1"]);
});

test("the state of a context is that of its last event", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice, { name: "first" });
  const eventId = await say(alice, roomId, "x");
  await setState(alice, roomId, "m.room.name", { name: "second" });
  await setState(alice, roomId, "m.room.name", { name: "third" });
  const nameIn = async (limit: number) => {
    const { state } = await succeed(alice.get(`${roomPath(roomId, "context", eventId)}?limit=${limit}`));
    return state.find(({ type }: Json) => type === "m.room.name").content.name;
  };
  assert.deepEqual([await nameIn(0), await nameIn(1), await nameIn(4)], ["first", "second", "third"]);
});

test("the event nearest to a time", async () => {
  const [alice, late] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  const first = await say(alice, roomId, "1");
  const { origin_server_ts: time } = await succeed(alice.get(roomPath(roomId, "event", first)));
  const nearest = (client: Client, ts: number, dir: string) =>
    client.get(`${roomPathV1(roomId, "timestamp_to_event")}?ts=${ts}&dir=${dir}`);
  const created = await succeed(nearest(alice, 0, "f"));
  assert.equal((await succeed(alice.get(roomPath(roomId, "event", created.event_id)))).type, "m.room.create");
  await refused(nearest(alice, 0, "b"), 404, "M_NOT_FOUND");
  await refused(nearest(alice, time + 60_000, "f"), 404, "M_NOT_FOUND");
  assert.deepEqual(await succeed(nearest(alice, time + 60_000, "b")), { event_id: first, origin_server_ts: time });
  await refused(alice.get(`${roomPathV1(roomId, "timestamp_to_event")}?dir=f`), 400, "M_MISSING_PARAM");
  // What cannot be seen is passed over.
  await setState(alice, roomId, "m.room.history_visibility", { history_visibility: "joined" });
  await say(alice, roomId, "hidden");
  await join(late, roomId);
  const { event_id: seen } = await succeed(nearest(late, Date.now() + 60_000, "b"));
  assert.equal((await succeed(late.get(roomPath(roomId, "event", seen)))).type, "m.room.member");
});
