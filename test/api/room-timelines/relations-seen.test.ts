import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import {
  edit,
  getEvent,
  type Json,
  join,
  leave,
  relate,
  roomOfTwo,
  roomPath,
  roomPathV1,
  say,
  setState,
  succeed,
  walk,
} from "./timelines.ts";

const { newUser } = await serveUsers();

const shared = () => roomOfTwo(newUser);

/** What clients are told of an event wherever they find it. */
async function toldOf(client: Client, roomId: string, eventId: string): Promise<Json[]> {
  const page = await walk(client, roomId, { dir: "b", limit: "100" });
  const { event } = await succeed(client.get(roomPath(roomId, "context", eventId)));
  const all = [await getEvent(client, roomId, eventId), event, page.find(({ event_id }) => event_id === eventId)];
  return all.map(({ unsigned }) => unsigned["m.relations"] ?? {});
}

function shortOf(told: Json): Json {
  const { "m.thread": thread, "m.reference": reference, "m.replace": replacement } = told;
  return {
    thread: thread && [thread.count, thread.latest_event.event_id, thread.current_user_participated],
    references: reference?.chunk.map(({ event_id }: Json) => event_id),
    replacement: replacement?.event_id,
  };
}

/** The roots of a room's threads, page by page, each with how long its thread is. */
async function threadsOf(
  client: Client,
  roomId: string,
  query: Record<string, string> = {},
): Promise<[string, number][]> {
  const roots: [string, number][] = [];
  for (let from: string | undefined; ; ) {
    const parameters = new URLSearchParams({ limit: "1", ...query, ...(from !== undefined && { from }) });
    const page = await succeed(client.get(`${roomPathV1(roomId, "threads")}?${parameters}`));
    for (const { event_id, unsigned } of page.chunk) roots.push([event_id, unsigned["m.relations"]["m.thread"].count]);
    if (page.next_batch === undefined) return roots;
    from = page.next_batch;
  }
}

test("who has left is told of what relates to an event as it was then, and of all of it once back", async () => {
  const { alice, bob, roomId } = await shared();
  const root = await say(alice, roomId, "root");
  const replacement = await relate(alice, roomId, root, "m.replace", edit("seen"));
  await relate(bob, roomId, root, "m.thread", { body: "seen" });
  const latest = await relate(alice, roomId, root, "m.thread", { body: "seen" });
  const latestEdit = await relate(alice, roomId, latest, "m.replace", edit("seen"));
  const reference = await relate(alice, roomId, root, "m.reference");
  const then = { thread: [2, latest, true], references: [reference], replacement };
  await leave(bob, roomId);
  for (let n = 0; n < 4; n++) {
    await relate(alice, roomId, root, "m.replace", edit("unseen"));
    await relate(alice, roomId, latest, "m.replace", edit("unseen"));
    await relate(alice, roomId, root, "m.thread", { body: "unseen" });
    await relate(alice, roomId, root, "m.reference", { body: "unseen" });
  }
  for (const told of await toldOf(bob, roomId, root)) {
    assert.deepEqual(shortOf(told), then);
    assert.equal(told["m.thread"].latest_event.unsigned["m.relations"]["m.replace"].event_id, latestEdit);
    assert.equal(JSON.stringify(told).includes("unseen"), false);
  }
  assert.deepEqual(await threadsOf(bob, roomId), [[root, 2]]);
  assert.deepEqual(await threadsOf(alice, roomId), [[root, 6]]);
  await join(bob, roomId);
  for (const told of await toldOf(bob, roomId, root)) {
    const { thread, references } = shortOf(told);
    assert.deepEqual([thread[0], references.length], [6, 5]);
  }
});

test("who has left finds the threads that there were, in the order that they had", async () => {
  const { alice, bob, roomId } = await shared();
  const roots = [await say(alice, roomId, "0"), await say(alice, roomId, "1"), await say(bob, roomId, "2")];
  const [first = "", second = "", third = ""] = roots;
  for (const root of [first, second, third, first, second])
    await relate(alice, roomId, root, "m.thread", { body: "x" });
  const untouched = await say(alice, roomId, "3");
  await leave(bob, roomId);
  for (const root of [third, untouched, third, first]) await relate(alice, roomId, root, "m.thread", { body: "x" });
  const then = [
    [second, 2],
    [first, 2],
    [third, 1],
  ];
  for (const limit of ["1", "2", "50"]) assert.deepEqual(await threadsOf(bob, roomId, { limit }), then);
  assert.deepEqual(await threadsOf(bob, roomId, { include: "participated" }), [[third, 1]]);
  assert.deepEqual(await threadsOf(alice, roomId), [
    [first, 3],
    [third, 3],
    [untouched, 1],
    [second, 2],
  ]);
});

test("where everybody may look, who has left looks on", async () => {
  const { alice, bob, roomId } = await shared();
  await setState(alice, roomId, "m.room.history_visibility", { history_visibility: "world_readable" });
  const root = await say(alice, roomId, "root");
  await leave(bob, roomId);
  const latest = await relate(alice, roomId, root, "m.thread", { body: "x" });
  const { "m.thread": thread } = (await getEvent(bob, roomId, root)).unsigned["m.relations"];
  assert.deepEqual([thread.count, thread.latest_event.event_id], [1, latest]);
  assert.deepEqual(await threadsOf(bob, roomId), [[root, 1]]);
});

test("R3: who was away is told of what was sent before and since", async () => {
  const { alice, bob, roomId } = await shared();
  await setState(alice, roomId, "m.room.history_visibility", { history_visibility: "joined" });
  const roots = [await say(alice, roomId, "0"), await say(alice, roomId, "1"), await say(alice, roomId, "2")];
  const [first = "", second = "", third = ""] = roots;
  const reply = (root: string) => relate(alice, roomId, root, "m.thread", { body: "x" });
  const early = await reply(first);
  await reply(second);
  const references = [await relate(alice, roomId, first, "m.reference")];
  for (let time = 0; time < 2; time++) {
    await leave(bob, roomId);
    for (const root of roots) await reply(root);
    await relate(alice, roomId, first, "m.reference");
    await join(bob, roomId);
  }
  const late = await reply(second);
  references.unshift(await relate(alice, roomId, first, "m.reference"));
  for (const told of await toldOf(bob, roomId, first)) {
    assert.deepEqual(shortOf(told), { thread: [1, early, false], references, replacement: undefined });
  }
  for (const told of await toldOf(bob, roomId, second)) assert.equal(shortOf(told).thread[1], late);
  for (const told of await toldOf(bob, roomId, third)) assert.equal(shortOf(told).thread, undefined);
  const listed = await threadsOf(bob, roomId);
  assert.deepEqual(
    listed.map(([root]) => root),
    [second, first],
  );
  assert.equal((await threadsOf(alice, roomId)).length, 3);
});

test("a thread is as long as what is left of it, and ends with it", async () => {
  const { alice, bob, roomId } = await shared();
  const root = await say(alice, roomId, "root");
  const replies: string[] = [];
  for (const client of [bob, alice, bob]) replies.push(await relate(client, roomId, root, "m.thread", { body: "x" }));
  const [first = "", second = "", third = ""] = replies;
  const redact = (eventId: string) =>
    succeed(alice.request("PUT", roomPath(roomId, "redact", eventId, `of ${eventId}`), {}));
  const threadNow = async () => shortOf((await getEvent(bob, roomId, root)).unsigned["m.relations"] ?? {}).thread;
  await redact(third);
  assert.deepEqual(await threadNow(), [2, second, true]);
  await redact(first);
  assert.deepEqual(await threadNow(), [1, second, false]);
  await redact(second);
  assert.equal(await threadNow(), undefined);
  assert.deepEqual(await threadsOf(alice, roomId), []);
});

test("what ignored users have sent last hides nothing of what others have", async () => {
  const { alice, bob, roomId } = await shared();
  const carol = await newUser();
  await join(carol, roomId);
  const root = await say(alice, roomId, "root");
  const heard = await relate(carol, roomId, root, "m.thread", { body: "heard" });
  const reference = await relate(carol, roomId, root, "m.reference");
  for (let n = 0; n < 3; n++) {
    await relate(bob, roomId, root, "m.thread", { body: "ignored" });
    await relate(bob, roomId, root, "m.reference");
  }
  const ofBob = await say(carol, roomId, "of bob alone");
  await relate(bob, roomId, ofBob, "m.thread", { body: "ignored" });
  const list = { ignored_users: { [bob.userId]: {} } };
  await succeed(alice.request("PUT", `/user/${alice.userId}/account_data/m.ignored_user_list`, list));
  const expected = { thread: [1, heard, true], references: [reference], replacement: undefined };
  for (const told of await toldOf(alice, roomId, root)) assert.deepEqual(shortOf(told), expected);
  assert.deepEqual(await threadsOf(alice, roomId), [[root, 1]]);
  await leave(alice, roomId);
  await relate(carol, roomId, root, "m.thread", { body: "later" });
  for (const told of await toldOf(alice, roomId, root)) assert.deepEqual(shortOf(told), expected);
  assert.deepEqual(await threadsOf(alice, roomId), [[root, 1]]);
});

test("of very many references the newest are named", async () => {
  const { alice, roomId } = await shared();
  const event = await say(alice, roomId, "x");
  const other = await say(alice, roomId, "y");
  const first = await relate(alice, roomId, event, "m.reference");
  await relate(alice, roomId, other, "m.reference");
  for (let start = 0; start < 100; start += 20) {
    await Promise.all(Array.from({ length: 20 }, () => relate(alice, roomId, event, "m.reference")));
  }
  for (const { "m.reference": told } of await toldOf(alice, roomId, event)) {
    const ids: string[] = told.chunk.map(({ event_id }: Json) => event_id);
    assert.equal(ids.length, 100);
    assert.equal(new Set(ids).size, 100);
    assert.equal(ids.includes(first), false);
  }
  assert.equal((await getEvent(alice, roomId, other)).unsigned["m.relations"]["m.reference"].chunk.length, 1);
});

test("annotations are told apart by keys of any length", async () => {
  const { alice, roomId } = await shared();
  const event = await say(alice, roomId, "x");
  const long = "k".repeat(20_000);
  const react = (key: string) =>
    alice.request("PUT", roomPath(roomId, "send", "m.reaction", `${key.length}${Math.random()}`), {
      "m.relates_to": { rel_type: "m.annotation", event_id: event, key },
    });
  // At once, too: of two in one unit neither is stored yet.
  const together = await Promise.all([react(long), react(long), react(`${long}k`)]);
  assert.deepEqual(together.map(({ status }) => status).sort(), [200, 200, 400]);
  assert.equal((await react(long)).body.errcode, "M_DUPLICATE_ANNOTATION");
  // What has no key is none, and is as often as it is sent.
  for (let n = 0; n < 2; n++) await relate(alice, roomId, event, "m.annotation", {}, "m.reaction");
});
