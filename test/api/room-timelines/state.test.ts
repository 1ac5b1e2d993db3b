import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import { getEvent, type Json, join, newRoom, refused, roomPath, setState, succeed } from "./timelines.ts";

const { newUser } = await serveUsers();

const put = (client: Client, path: string, content: unknown) => client.request("PUT", path, content);

test("an empty state key may be left out, with or without the slash", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const path = roomPath(roomId, "state", "org.example.a");
  const ids: string[] = [];
  for (const [n, form] of [path, `${path}/`].entries()) {
    ids.push((await succeed(put(alice, form, { n }))).event_id);
    assert.deepEqual(await succeed(alice.get(path)), { n });
    assert.deepEqual(await succeed(alice.get(`${path}/`)), { n });
  }
  assert.equal(new Set(ids).size, 2);
  const keyed = roomPath(roomId, "state", "org.example.a", "a/b?c");
  await succeed(put(alice, keyed, { keyed: true }));
  assert.deepEqual(await succeed(alice.get(keyed)), { keyed: true });
  assert.deepEqual(await succeed(alice.get(path)), { n: 1 });
});

test("the same content once more is the event that is there", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const levels = { users: { [bob.userId]: 50 } };
  const roomId = await newRoom(alice, { room_version: "12", power_level_content_override: levels });
  await join(bob, roomId);
  const first = await setState(alice, roomId, "m.room.topic", { topic: "a", more: { x: 1, y: 2 } });
  assert.equal(await setState(alice, roomId, "m.room.topic", { more: { y: 2, x: 1 }, topic: "a" }), first);
  const second = await setState(alice, roomId, "m.room.topic", { topic: "b" });
  const back = await setState(alice, roomId, "m.room.topic", { topic: "a", more: { x: 1, y: 2 } });
  const byAnother = await setState(bob, roomId, "m.room.topic", { topic: "a", more: { x: 1, y: 2 } });
  assert.equal(new Set([first, second, back, byAnother]).size, 4);
});

test("an event tells what it replaces, and its content to who may see that", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const history = { type: "m.room.history_visibility", content: { history_visibility: "joined" } };
  const roomId = await newRoom(alice, { initial_state: [history] });
  const first = await setState(alice, roomId, "m.room.topic", { topic: "old" });
  await join(bob, roomId);
  const second = await setState(alice, roomId, "m.room.topic", { topic: "new" });
  const unsignedFor = async (client: Client) => (await getEvent(client, roomId, second)).unsigned;
  const { prev_content: previous, replaces_state: replaced } = await unsignedFor(alice);
  assert.deepEqual([previous, replaced], [{ topic: "old" }, first]);
  const { prev_content: hidden, replaces_state: named } = await unsignedFor(bob);
  assert.deepEqual([hidden, named], [undefined, first]);
});

test("wherever state is listed, an event tells what it replaces by its id", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice, { name: "first" });
  const path = `${roomPath(roomId, "state", "m.room.name")}?format=event`;
  const before = (await succeed(alice.get(path))).event_id;
  const eventId = await setState(alice, roomId, "m.room.name", { name: "second" });
  await setState(alice, roomId, "m.room.topic", { topic: "newer" });
  const filter = JSON.stringify({ room: { timeline: { limit: 1 } } });
  const synced = await succeed(alice.get(`/sync?filter=${encodeURIComponent(filter)}`));
  const lists: Json[][] = [
    await succeed(alice.get(roomPath(roomId, "state"))),
    (await succeed(alice.get(roomPath(roomId, "context", eventId)))).state,
    synced.rooms.join[roomId].state.events,
  ];
  for (const list of lists) {
    const { unsigned } = list.find(({ event_id: id }) => id === eventId);
    assert.deepEqual([unsigned.replaces_state, unsigned.prev_content], [before, undefined]);
  }
});

test("`format=event` gives the whole event", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const eventId = await setState(alice, roomId, "m.room.topic", { topic: "x" });
  const path = roomPath(roomId, "state", "m.room.topic");
  const event = await succeed(alice.get(`${path}?format=event`));
  const { event_id, room_id, state_key, content } = event;
  assert.deepEqual([event_id, room_id, state_key, content], [eventId, roomId, "", { topic: "x" }]);
  assert.deepEqual(await succeed(alice.get(`${path}?format=content`)), { topic: "x" });
  await refused(alice.get(`${path}?format=other`), 400, "M_INVALID_PARAM");
});

test("there is no state where there is none, whatever is asked for", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  for (const [type, key] of [
    ["m.room.topic", ""],
    ["m.room.name", "x"],
    ["t\0", ""],
    ["t", "\0"],
    ["x".repeat(300), ""],
  ]) {
    await refused(alice.get(roomPath(roomId, "state", type ?? "", key ?? "")), 404, "M_NOT_FOUND");
  }
});

test("the rules of the room hold for its state", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice, { room_version: "11" });
  await join(bob, roomId);
  const path = (...parts: string[]) => roomPath(roomId, "state", ...parts);
  await refused(put(bob, path("m.room.topic"), { topic: "x" }), 403, "M_FORBIDDEN");
  await refused(put(alice, path("org.example.of-user", bob.userId), {}), 403, "M_FORBIDDEN");
  await refused(put(alice, path("m.room.create"), {}), 403, "M_FORBIDDEN");
  await refused(put(alice, path("m.room.power_levels"), { users: { [alice.userId]: "100" } }), 403, "M_FORBIDDEN");
  await refused(put(alice, path("m.room.topic"), { topic: 0.5 }), 400, "M_BAD_JSON");
  await refused(put(alice, path("m.room.topic"), { topic: "x".repeat(66_000) }), 413, "M_TOO_LARGE");
  await refused(put(alice, path("t", "k".repeat(256)), {}), 400, "M_INVALID_PARAM");
  await refused(put(alice, path("t", "k\0"), {}), 400, "M_INVALID_PARAM");
});

test("aliases of the room alone are named as its own", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice, { room_alias_name: "state-here" });
  await newRoom(alice, { room_alias_name: "state-there" });
  const path = roomPath(roomId, "state", "m.room.canonical_alias");
  await refused(put(alice, path, { alias: "#state-there:localhost" }), 400, "M_BAD_ALIAS");
  await refused(put(alice, path, { alt_aliases: ["#nothing:localhost"] }), 400, "M_BAD_ALIAS");
  await refused(put(alice, path, { alias: "no alias" }), 400, "M_INVALID_PARAM");
  await succeed(put(alice, path, { alias: "#state-here:localhost" }));
});

test("memberships are set by the rules that joining and inviting go by", async () => {
  const [alice, bob, carol] = [await newUser(), await newUser(), await newUser()];
  const roomId = await newRoom(alice, { preset: "private_chat" });
  const path = (userId: string) => roomPath(roomId, "state", "m.room.member", userId);
  await refused(put(bob, path(bob.userId), { membership: "join" }), 403, "M_FORBIDDEN");
  await refused(put(alice, path("@nobody:localhost"), { membership: "invite" }), 403, "M_FORBIDDEN");
  await refused(put(alice, path("@bob:elsewhere.example"), { membership: "invite" }), 403, "M_FORBIDDEN");
  await refused(put(alice, path("no user"), { membership: "invite" }), 400, "M_INVALID_PARAM");
  await refused(put(alice, path(carol.userId), { membership: "join" }), 403, "M_FORBIDDEN");
  await succeed(put(alice, path(bob.userId), { membership: "invite" }));
  await succeed(put(bob, path(bob.userId), { membership: "join", displayname: "Bob here" }));
  const joined = (await succeed(alice.get(roomPath(roomId, "joined_members")))).joined;
  assert.deepEqual(Object.keys(joined).sort(), [alice.userId, bob.userId].sort());
  assert.deepEqual(joined[bob.userId], { display_name: "Bob here" });
  await succeed(put(alice, path(bob.userId), { membership: "leave" }));
  assert.deepEqual(Object.keys((await succeed(alice.get(roomPath(roomId, "joined_members")))).joined), [alice.userId]);
});

test("nobody comes into a restricted room by naming who authorises it", async () => {
  const [alice, mallory] = [await newUser(), await newUser()];
  const allowed = await newRoom(alice, { preset: "private_chat" });
  const rules = { join_rule: "restricted", allow: [{ type: "m.room_membership", room_id: allowed }] };
  const roomId = await newRoom(alice, { initial_state: [{ type: "m.room.join_rules", content: rules }] });
  const own = roomPath(roomId, "state", "m.room.member", mallory.userId);
  const claim = { membership: "join", join_authorised_via_users_server: alice.userId };
  await refused(put(mallory, own, claim), 403, "M_FORBIDDEN");
  await refused(put(mallory, own, { membership: "join" }), 403, "M_FORBIDDEN");
});

test("all of the state, and the members of a time and of a kind", async () => {
  const [alice, bob, carol] = [await newUser(), await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  const { start } = await succeed(alice.get(`${roomPath(roomId, "messages")}?dir=b&limit=1`));
  await succeed(alice.post(roomPath(roomId, "invite"), { user_id: carol.userId }));
  await succeed(alice.post(roomPath(roomId, "ban"), { user_id: bob.userId }));
  const listed = async (query: string) => {
    const { chunk } = await succeed(alice.get(`${roomPath(roomId, "members")}${query}`));
    return Object.fromEntries(chunk.map(({ state_key, content }: Json) => [state_key, content.membership]));
  };
  const [a, b, c] = [alice.userId, bob.userId, carol.userId];
  assert.deepEqual(await listed(""), { [a]: "join", [b]: "ban", [c]: "invite" });
  assert.deepEqual(await listed(`?at=${start}`), { [a]: "join", [b]: "join" });
  assert.deepEqual(await listed("?membership=join"), { [a]: "join" });
  assert.deepEqual(await listed("?not_membership=join"), { [b]: "ban", [c]: "invite" });
  assert.deepEqual(await listed("?membership=join&not_membership=ban"), { [a]: "join", [c]: "invite" });
  const since = (await alice.sync()).next_batch;
  await succeed(alice.post(roomPath(roomId, "unban"), { user_id: bob.userId }));
  assert.deepEqual(await listed(`?at=${since}&membership=ban`), { [b]: "ban" });
  await refused(alice.get(`${roomPath(roomId, "members")}?at=nonsense`), 400, "M_INVALID_PARAM");
  await refused(alice.get(`${roomPath(roomId, "members")}?membership=nonsense`), 400, "M_INVALID_PARAM");
});

test("a state with many places goes out whole", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const numbers = Array.from({ length: 120 }, (_, n) => n);
  for (const n of numbers) await setState(alice, roomId, "org.example.n", { n }, `k${n}`);
  const state = await succeed(alice.get(roomPath(roomId, "state")));
  const found = state.filter(({ type }: Json) => type === "org.example.n").map(({ content }: Json) => content.n);
  assert.deepEqual(
    found.sort((one: number, other: number) => one - other),
    numbers,
  );
});
