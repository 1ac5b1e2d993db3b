import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import {
  edit,
  getEvent,
  type Json,
  join,
  newRoom,
  refused,
  relate,
  roomOfTwo,
  roomPath,
  roomPathV1,
  say,
  send,
  setState,
  succeed,
  walk,
} from "./timelines.ts";

const { newUser } = await serveUsers();

const idsIn = (events: readonly Json[]): string[] => events.map(({ event_id }) => event_id);

async function relationsOf(client: Client, roomId: string, eventId: string): Promise<Json> {
  return (await getEvent(client, roomId, eventId)).unsigned["m.relations"] ?? {};
}

/** All that relates to an event, page by page. */
async function walkRelated(client: Client, path: string, query: Record<string, string>): Promise<string[]> {
  const ids: string[] = [];
  for (let from: string | undefined; ; ) {
    const parameters = new URLSearchParams({ ...query, ...(from !== undefined && { from }) });
    const page = await succeed(client.get(`${path}?${parameters}`));
    ids.push(...idsIn(page.chunk));
    if (page.next_batch === undefined) return ids;
    from = page.next_batch;
  }
}

const shared = () => roomOfTwo(newUser);

test("the newest valid replacement is bundled, and the original stays as it is", async () => {
  const { alice, bob, roomId } = await shared();
  const original = await say(alice, roomId, "original");
  assert.deepEqual(await relationsOf(bob, roomId, original), {});
  await relate(alice, roomId, original, "m.replace", edit("first"));
  const second = await relate(alice, roomId, original, "m.replace", edit("second"));
  await relate(bob, roomId, original, "m.replace", edit("by another"));
  await relate(alice, roomId, original, "m.replace", edit("of another type"), "org.example.other");
  await relate(alice, roomId, original, "m.replace", { body: "without new content" });
  const asState = { ...edit("as state"), "m.relates_to": { rel_type: "m.replace", event_id: original } };
  await setState(alice, roomId, "m.room.message", { msgtype: "m.text", ...asState });
  const event = await getEvent(bob, roomId, original);
  assert.equal(event.content.body, "original");
  const replacement = event.unsigned["m.relations"]["m.replace"];
  assert.deepEqual([replacement.event_id, replacement.content["m.new_content"].body], [second, "second"]);
  const page = await walk(bob, roomId, { dir: "f", limit: "100" });
  const inPage = page.find(({ event_id }) => event_id === original);
  assert.equal(inPage.unsigned["m.relations"]["m.replace"].event_id, second);
  // A replacement cannot be replaced.
  await relate(alice, roomId, second, "m.replace", edit("third"));
  assert.deepEqual(await relationsOf(bob, roomId, second), {});
});

test("what replaces an encrypted message is taken for valid, and state is never replaced", async () => {
  const { alice, bob, roomId } = await shared();
  const original = await send(alice, roomId, { algorithm: "m.megolm.v1.aes-sha2" }, "m.room.encrypted");
  const content = { algorithm: "m.megolm.v1.aes-sha2" };
  const replacement = await relate(alice, roomId, original, "m.replace", content, "m.room.encrypted");
  assert.equal((await relationsOf(bob, roomId, original))["m.replace"].event_id, replacement);
  const topic = await setState(alice, roomId, "m.room.topic", { topic: "x" });
  await relate(alice, roomId, topic, "m.replace", edit("x"), "m.room.topic");
  assert.deepEqual(await relationsOf(bob, roomId, topic), {});
});

test("a thread is summed up at its root", async () => {
  const { alice, bob, roomId } = await shared();
  const root = await say(alice, roomId, "root");
  await relate(bob, roomId, root, "m.thread", { body: "first" });
  const latest = await relate(bob, roomId, root, "m.thread", { body: "second" });
  const edited = await relate(bob, roomId, latest, "m.replace", edit("second, better"));
  const threadFor = async (client: Client) => (await relationsOf(client, roomId, root))["m.thread"];
  const thread = await threadFor(bob);
  assert.deepEqual([thread.latest_event.event_id, thread.count, thread.current_user_participated], [latest, 2, true]);
  assert.equal(thread.latest_event.unsigned["m.relations"]["m.replace"].event_id, edited);
  // Whose root it is takes part.
  assert.equal((await threadFor(alice)).current_user_participated, true);
  const carol = await newUser();
  await join(carol, roomId);
  assert.equal((await threadFor(carol)).current_user_participated, false);
});

test("a thread does not begin at an event that relates to another one, but at a reply", async () => {
  const { alice, roomId } = await shared();
  const root = await say(alice, roomId, "root");
  const child = await relate(alice, roomId, root, "m.thread", { body: "x" });
  const content = { body: "x", "m.relates_to": { rel_type: "m.thread", event_id: child } };
  await refused(alice.request("PUT", roomPath(roomId, "send", "m.room.message", "nested"), content), 400, "M_UNKNOWN");
  const reply = await send(alice, roomId, { body: "x", "m.relates_to": { "m.in_reply_to": { event_id: root } } });
  await relate(alice, roomId, reply, "m.thread", { body: "x" });
  assert.equal((await relationsOf(alice, roomId, reply))["m.thread"].count, 1);
});

test("references are named", async () => {
  const { alice, roomId } = await shared();
  const event = await say(alice, roomId, "x");
  const first = await relate(alice, roomId, event, "m.reference");
  const second = await relate(alice, roomId, event, "m.reference");
  const { chunk } = (await relationsOf(alice, roomId, event))["m.reference"];
  assert.deepEqual(idsIn(chunk).sort(), [first, second].sort());
});

test("an event is annotated once in the same way, until that is redacted", async () => {
  const { alice, bob, roomId } = await shared();
  const event = await say(alice, roomId, "x");
  const react = (client: Client, key: string) =>
    client.request("PUT", roomPath(roomId, "send", "m.reaction", `${key}${Math.random()}`), {
      "m.relates_to": { rel_type: "m.annotation", event_id: event, key },
    });
  const { event_id: first } = await succeed(react(bob, "👍"));
  await refused(react(bob, "👍"), 400, "M_DUPLICATE_ANNOTATION");
  await succeed(react(bob, "👎"));
  await succeed(react(alice, "👍"));
  await succeed(bob.request("PUT", roomPath(roomId, "redact", first, "1"), {}));
  await succeed(react(bob, "👍"));
  // Annotations are not summed up.
  assert.deepEqual(await relationsOf(alice, roomId, event), {});
});

test("what relates to an event is listed, of one kind and one type, page by page", async () => {
  const { alice, bob, roomId } = await shared();
  const event = await say(alice, roomId, "x");
  const ids: string[] = [];
  for (let n = 0; n < 7; n++) {
    const type = n % 2 === 0 ? "m.room.message" : "org.example.odd";
    ids.push(await relate(bob, roomId, event, n < 4 ? "m.reference" : "org.example.rel", { n }, type));
  }
  await say(alice, roomId, "unrelated");
  const path = (...parts: string[]) => roomPathV1(roomId, "relations", event, ...parts);
  const newestFirst = ids.toReversed();
  for (const limit of ["1", "2", "3", "100"]) {
    assert.deepEqual(await walkRelated(alice, path(), { limit }), newestFirst);
    assert.deepEqual(await walkRelated(alice, path(), { limit, dir: "f" }), ids);
    assert.deepEqual(await walkRelated(alice, path("m.reference"), { limit }), ids.slice(0, 4).toReversed());
    const odd = [ids[3], ids[1]];
    assert.deepEqual(await walkRelated(alice, path("m.reference", "org.example.odd"), { limit }), odd);
  }
  const page = await succeed(alice.get(`${path()}?limit=2`));
  assert.equal("prev_batch" in page || "recursion_depth" in page, false);
  const next = await succeed(alice.get(`${path()}?limit=2&from=${page.next_batch}`));
  assert.equal(next.prev_batch, page.next_batch);
  const upTo = await succeed(alice.get(`${path()}?to=${page.next_batch}`));
  assert.deepEqual(idsIn(upTo.chunk), newestFirst.slice(0, 2));
  assert.deepEqual((await succeed(alice.get(path("m.nothing")))).chunk, []);
  await refused(alice.get(path("a\0")), 400, "M_INVALID_PARAM");
  await refused(alice.get(`${path()}?dir=x`), 400, "M_INVALID_PARAM");
});

test("`recurse` finds what relates by way of others", async () => {
  const { alice, roomId } = await shared();
  const event = await say(alice, roomId, "x");
  const chain = [event];
  for (let depth = 0; depth < 4; depth++) {
    chain.push(await relate(alice, roomId, chain.at(-1) ?? "", depth === 1 ? "org.example.rel" : "m.reference"));
  }
  const path = (...parts: string[]) => roomPathV1(roomId, "relations", event, ...parts);
  const page = await succeed(alice.get(`${path()}?recurse=true`));
  assert.equal(page.recursion_depth, 3);
  assert.deepEqual(idsIn(page.chunk), chain.slice(1, 4).toReversed());
  assert.deepEqual(await walkRelated(alice, path(), { recurse: "true", limit: "1" }), chain.slice(1, 4).toReversed());
  assert.deepEqual(await walkRelated(alice, path(), { recurse: "false" }), [chain[1]]);
  // By way of what is not of the kind that is asked for nothing is found.
  assert.deepEqual(await walkRelated(alice, path("m.reference"), { recurse: "true" }), [chain[1]]);
});

test("what stands in another room does not relate", async () => {
  const { alice, bob, roomId } = await shared();
  const event = await say(alice, roomId, "x");
  const elsewhere = await newRoom(bob);
  await relate(bob, elsewhere, event, "m.reference");
  await relate(bob, elsewhere, event, "m.thread", { body: "spam" });
  assert.deepEqual(await relationsOf(alice, roomId, event), {});
  assert.deepEqual((await succeed(alice.get(roomPathV1(roomId, "relations", event)))).chunk, []);
});

test("what the reader may not see is not bundled", async () => {
  const { alice, bob, roomId } = await shared();
  const root = await say(alice, roomId, "root");
  await relate(alice, roomId, root, "m.thread", { body: "seen" });
  await succeed(bob.post(roomPath(roomId, "leave"), {}));
  await relate(alice, roomId, root, "m.replace", edit("unseen"));
  await relate(alice, roomId, root, "m.thread", { body: "unseen" });
  assert.equal(JSON.stringify(await getEvent(bob, roomId, root)).includes("unseen"), false);
});

test("events of ignored users count for nothing", async () => {
  const { alice, bob, roomId } = await shared();
  const root = await say(alice, roomId, "root");
  const own = await relate(alice, roomId, root, "m.thread", { body: "own" });
  await relate(bob, roomId, root, "m.thread", { body: "ignored" });
  await relate(bob, roomId, root, "m.reference");
  const list = { ignored_users: { [bob.userId]: {} } };
  await succeed(alice.request("PUT", `/user/${alice.userId}/account_data/m.ignored_user_list`, list));
  const relations = await relationsOf(alice, roomId, root);
  assert.deepEqual([relations["m.thread"].count, relations["m.thread"].latest_event.event_id], [1, own]);
  assert.equal("m.reference" in relations, false);
  assert.deepEqual(await walkRelated(alice, roomPathV1(roomId, "relations", root), {}), [own]);
  await relate(alice, roomId, await say(bob, roomId, "ignored"), "m.thread", { body: "own" });
  assert.deepEqual(await walkRelated(alice, roomPathV1(roomId, "threads"), {}), [root]);
});

test("the threads of a room, by their last events", async () => {
  const { alice, bob, roomId } = await shared();
  const roots = [await say(alice, roomId, "0"), await say(bob, roomId, "1"), await say(bob, roomId, "2")];
  const [first = "", second = "", third = ""] = roots;
  await relate(bob, roomId, third, "m.thread", { body: "x" });
  await relate(bob, roomId, first, "m.thread", { body: "x" });
  await relate(bob, roomId, second, "m.thread", { body: "x" });
  await relate(bob, roomId, first, "m.thread", { body: "y" });
  const path = roomPathV1(roomId, "threads");
  for (const limit of ["1", "2", "50"])
    assert.deepEqual(await walkRelated(alice, path, { limit }), [first, second, third]);
  assert.deepEqual(await walkRelated(alice, path, { include: "participated" }), [first]);
  assert.deepEqual(await walkRelated(bob, path, { include: "participated" }), [first, second, third]);
  const { chunk } = await succeed(alice.get(path));
  assert.equal(chunk[0].unsigned["m.relations"]["m.thread"].count, 2);
  await refused(alice.get(`${path}?from=x`), 400, "M_INVALID_PARAM");
  await refused(alice.get(`${path}?include=x`), 400, "M_INVALID_PARAM");
});
