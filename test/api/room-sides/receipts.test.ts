import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, newClient } from "../../support/client.ts";
import { shareRoom } from "../../support/share-room.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";

let server: TestServer;
let alice: Client;
let bob: Client;
let room: string;

before(async () => {
  server = await startTestServer();
  alice = await newClient(server.url, "alice");
  bob = await newClient(server.url, "bob");
  room = encodeURIComponent(await shareRoom(alice, bob));
});
after(() => server.close());

let sent = 0;

async function say(content: object = { msgtype: "m.text", body: "hello" }): Promise<string> {
  const { body } = await alice.request("PUT", `/rooms/${room}/send/m.room.message/r${sent++}`, content);
  return body.event_id;
}

const receipt = (type: string, eventId: string) => `/rooms/${room}/receipt/${type}/${encodeURIComponent(eventId)}`;

/** The content of `m.receipt` in a sync after `since`; `undefined` when there is none. */
async function receiptsOf(client: Client, since: string) {
  const { rooms } = await client.sync(since);
  const ephemeral = rooms?.join?.[decodeURIComponent(room)]?.ephemeral?.events ?? [];
  return ephemeral.find((event: { type: string }) => event.type === "m.receipt")?.content;
}

test("a public receipt is told to the room, a private one to its user alone", async () => {
  const eventId = await say();
  const [ofAlice, ofBob] = [(await alice.sync()).next_batch, (await bob.sync()).next_batch];
  assert.equal((await bob.post(receipt("m.read.private", eventId), {})).status, 200);
  assert.equal(await receiptsOf(alice, ofAlice), undefined);
  assert.deepEqual(Object.keys((await receiptsOf(bob, ofBob))[eventId]), ["m.read.private"]);
  assert.equal((await bob.post(receipt("m.read", eventId), {})).status, 200);
  const told = await receiptsOf(alice, ofAlice);
  assert.deepEqual(Object.keys(told[eventId]), ["m.read"]);
  assert.equal(typeof told[eventId]["m.read"][bob.userId].ts, "number");
});

test("a receipt never goes back", async () => {
  const [first, second] = [await say(), await say()];
  await bob.post(receipt("m.read", second), {});
  const since = (await alice.sync()).next_batch;
  assert.equal((await bob.post(receipt("m.read", first), {})).status, 200);
  assert.equal(await receiptsOf(alice, since), undefined);
});

test("receipts of threads stand beside the one of no thread", async () => {
  const root = await say();
  const inThread = await say({
    msgtype: "m.text",
    body: "a",
    "m.relates_to": { rel_type: "m.thread", event_id: root },
  });
  const since = (await alice.sync()).next_batch;
  await bob.post(receipt("m.read", inThread), { thread_id: root });
  await bob.post(receipt("m.read", root), { thread_id: "main" });
  const told = await receiptsOf(alice, since);
  assert.equal(told[inThread]["m.read"][bob.userId].thread_id, root);
  assert.equal(told[root]["m.read"][bob.userId].thread_id, "main");
  const other = await bob.post(receipt("m.read", inThread), { thread_id: "main" });
  assert.deepEqual([other.status, other.body.errcode], [400, "M_INVALID_PARAM"]);
});

test("a receipt is of the thread that its event is a part of", async () => {
  const relate = (relType: string, eventId: string) =>
    say({ msgtype: "m.text", body: "a", "m.relates_to": { rel_type: relType, event_id: eventId } });
  const [root, other] = [await say(), await say()];
  const inThread = await relate("m.thread", root);
  const partly = await relate("m.reference", await relate("m.reference", inThread));
  const ofRoot = await relate("m.reference", root);
  const statusOf = async (eventId: string, thread_id: string) =>
    (await bob.post(receipt("m.read", eventId), { thread_id })).status;
  for (const eventId of [root, inThread, partly, ofRoot]) {
    assert.equal(await statusOf(eventId, root), 200, eventId);
    assert.equal(await statusOf(eventId, other), 400, eventId);
  }
  assert.equal(await statusOf(other, "$nothing"), 400);
  assert.equal(await statusOf(await relate("m.reference", "$nothing"), root), 400);
});

test("a thread that there is not has no receipts", async () => {
  const eventId = await say();
  const read = (of: string) => bob.post(receipt("m.read", of), { thread_id: eventId });
  const refused = async () => {
    const { status, body } = await read(eventId);
    assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"]);
  };
  await refused();
  const content = { msgtype: "m.text", body: "a", "m.relates_to": { rel_type: "m.thread", event_id: eventId } };
  const [first, second] = [await say(content), await say(content)];
  const redact = (reply: string) => {
    const path = `/rooms/${room}/redact/${encodeURIComponent(reply)}/of${encodeURIComponent(reply)}`;
    return alice.request("PUT", path, {});
  };
  assert.equal((await read(eventId)).status, 200);
  assert.equal((await redact(first)).status, 200);
  assert.equal((await read(second)).status, 200);
  assert.equal((await redact(second)).status, 200);
  await refused();
});

test("what no client may send is refused", async () => {
  const eventId = await say();
  const refused: [string, number, string][] = [
    [receipt("m.read", "$nothing"), 404, "M_NOT_FOUND"],
    [receipt("m.other", eventId), 400, "M_INVALID_PARAM"],
    [receipt("m.read", "nothing"), 400, "M_INVALID_PARAM"],
  ];
  for (const [path, status, errcode] of refused) {
    const answer = await bob.post(path, {});
    assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], path);
  }
  const noThread = await bob.post(receipt("m.read", eventId), { thread_id: "" });
  assert.deepEqual([noThread.status, noThread.body.errcode], [400, "M_INVALID_PARAM"]);
  const marked = await bob.post(receipt("m.fully_read", eventId), { thread_id: "main" });
  assert.deepEqual([marked.status, marked.body.errcode], [400, "M_INVALID_PARAM"]);
  const stranger = await newClient(server.url, "stranger");
  const outside = await stranger.post(receipt("m.read", eventId), {});
  assert.deepEqual([outside.status, outside.body.errcode], [403, "M_FORBIDDEN"]);
});

test("read markers set the mark and the receipts together, and all of them or none", async () => {
  const eventId = await say();
  const since = (await bob.sync()).next_batch;
  const bad = await bob.post(`/rooms/${room}/read_markers`, { "m.fully_read": eventId, "m.read": "$nothing" });
  assert.equal(bad.status, 404);
  assert.equal((await bob.sync(since)).next_batch, since);
  const marks = { "m.fully_read": eventId, "m.read": eventId, "m.read.private": eventId };
  assert.equal((await bob.post(`/rooms/${room}/read_markers`, marks)).status, 200);
  const { rooms } = await bob.sync(since);
  const joined = rooms.join[decodeURIComponent(room)];
  const mark = { type: "m.fully_read", content: { event_id: eventId } };
  assert.deepEqual(joined.account_data.events, [mark]);
  assert.equal(joined.ephemeral.events[0].type, "m.receipt");
});
