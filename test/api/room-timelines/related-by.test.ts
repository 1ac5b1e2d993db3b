import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import {
  bodiesIn,
  type Json,
  join,
  leave,
  newRoom,
  refused,
  relate,
  roomPath,
  say,
  sayMany,
  setState,
  succeed,
  walk,
} from "./timelines.ts";

const { newUser } = await serveUsers();

/** The bodies of the wanted messages, the newest first. */
async function wanted(client: Client, roomId: string, filter: object, limit = "2"): Promise<string[]> {
  return bodiesIn(await walk(client, roomId, { dir: "b", limit, filter: JSON.stringify(filter) }));
}

const inThreads = { related_by_rel_types: ["m.thread"] };

test("pages of events that others relate to: by whom, how, and both by one event", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  const [one, two, three] = [await say(alice, roomId, "1"), await say(alice, roomId, "2"), await say(bob, roomId, "3")];
  await say(alice, roomId, "4");
  await relate(alice, roomId, one, "m.thread", { body: "in 1" });
  await relate(bob, roomId, two, "m.reference", { body: "to 2" });
  await relate(bob, roomId, three, "m.thread", { body: "in 3" });
  await relate(alice, roomId, three, "m.reference", { body: "to 3" });
  const of = (filter: object) => wanted(alice, roomId, filter);
  assert.deepEqual(await of(inThreads), ["3", "1"]);
  assert.deepEqual(await of({ related_by_rel_types: ["m.thread", "m.reference"] }), ["3", "2", "1"]);
  assert.deepEqual(await of({ related_by_senders: [bob.userId] }), ["3", "2"]);
  assert.deepEqual(await of({ ...inThreads, related_by_senders: [alice.userId] }), ["1"]);
  assert.deepEqual(await of({ ...inThreads, related_by_senders: [alice.userId, bob.userId] }), ["3", "1"]);
  assert.deepEqual(await of({ related_by_senders: [] }), []);
  assert.deepEqual(await of({ related_by_rel_types: ["\0", "m.other"] }), []);
  assert.deepEqual(await of({ ...inThreads, senders: [alice.userId] }), ["1"], "together with other members");
  assert.deepEqual(await of({ ...inThreads, not_senders: [alice.userId] }), ["3"]);
  assert.deepEqual(await of({ ...inThreads, types: ["m.room.name"] }), []);
});

test("what is redacted relates to nothing any more", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const root = await say(alice, roomId, "root");
  const reply = await relate(alice, roomId, root, "m.thread", { body: "reply" });
  assert.deepEqual(await wanted(alice, roomId, inThreads), ["root"]);
  await succeed(alice.request("PUT", roomPath(roomId, "redact", reply, "1"), {}));
  assert.deepEqual(await wanted(alice, roomId, inThreads), []);
});

test("events are found however rare those are that others relate to", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const root = await say(alice, roomId, "root");
  await sayMany(
    alice,
    roomId,
    Array.from({ length: 230 }, (_, n) => String(n)),
  );
  await relate(alice, roomId, root, "m.thread", { body: "reply" });
  for (const limit of ["1", "50"]) assert.deepEqual(await wanted(alice, roomId, inThreads, limit), ["root"]);
});

test("who has left is not told who relates to events since", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  const [early, late] = [await say(alice, roomId, "early"), await say(alice, roomId, "late")];
  await relate(alice, roomId, early, "m.thread", { body: "while bob is there" });
  await leave(bob, roomId);
  await relate(alice, roomId, late, "m.thread", { body: "after that" });
  for (const filter of [inThreads, { related_by_senders: [alice.userId] }]) {
    assert.deepEqual(await wanted(bob, roomId, filter), ["early"]);
    assert.deepEqual(await wanted(alice, roomId, filter), ["late", "early"]);
    const query = `?limit=10&filter=${encodeURIComponent(JSON.stringify(filter))}`;
    const { events_before } = await succeed(bob.get(`${roomPath(roomId, "context", late)}${query}`));
    assert.deepEqual(bodiesIn(events_before), ["early"]);
  }
});

test("a context is filtered before, behind and in its state, but for the event itself", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice, { name: "Hall" });
  const before = await say(alice, roomId, "before");
  const middle = await say(alice, roomId, "middle");
  const behind = await say(alice, roomId, "behind");
  await say(alice, roomId, "alone");
  const topic = await setState(alice, roomId, "m.room.topic", { topic: "T" });
  for (const parent of [before, behind, topic])
    await relate(alice, roomId, parent, "m.reference", { body: "about it" });
  const context = async (filter: object) => {
    const query = `?limit=20&filter=${encodeURIComponent(JSON.stringify(filter))}`;
    return succeed(alice.get(`${roomPath(roomId, "context", middle)}${query}`));
  };
  const types = (events: Json[]) => events.map(({ type }) => type);
  const related = await context({ related_by_rel_types: ["m.reference"] });
  assert.deepEqual([bodiesIn(related.events_before), related.event.event_id], [["before"], middle]);
  assert.deepEqual([bodiesIn(related.events_after), types(related.state)], [["behind"], ["m.room.topic"]]);
  const named = await context({ types: ["m.room.name"] });
  assert.deepEqual([types(named.events_before), types(named.state)], [["m.room.name"], ["m.room.name"]]);
  assert.deepEqual((await context({ not_rooms: [roomId] })).state, []);
  assert.deepEqual(types((await context({ senders: [] })).state), []);
});

test("a filter's limit holds for pages and contexts, beside that of the query", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  await sayMany(
    alice,
    roomId,
    Array.from({ length: 20 }, (_, n) => String(n)),
  );
  const last = await say(alice, roomId, "last");
  const count = async (filter: object, limit: object) => {
    const query = new URLSearchParams({ dir: "b", filter: JSON.stringify(filter), ...limit });
    const { chunk } = await succeed(alice.get(`${roomPath(roomId, "messages")}?${query}`));
    const { events_before, events_after } = await succeed(alice.get(`${roomPath(roomId, "context", last)}?${query}`));
    assert.ok(events_before.length + events_after.length <= chunk.length);
    return chunk.length;
  };
  assert.deepEqual([await count({}, {}), await count({}, { limit: "3" })], [10, 3]);
  assert.deepEqual([await count({ limit: 15 }, {}), await count({ limit: 15 }, { limit: "4" })], [15, 4]);
  assert.equal(await count({ limit: 2 }, { limit: "4" }), 2);
});

test("E2: lists of who may relate are bounded", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const senders = Array.from({ length: 51 }, (_, n) => `@${n}:localhost`);
  const query = new URLSearchParams({ dir: "b", filter: JSON.stringify({ related_by_senders: senders }) });
  await refused(alice.get(`${roomPath(roomId, "messages")}?${query}`), 400, "M_TOO_LARGE");
});
