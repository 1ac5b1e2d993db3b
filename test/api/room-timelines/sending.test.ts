import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import { login } from "../../support/test-server.ts";
import { getEvent, join, leave, newRoom, refused, roomPath, say, send, succeed, walk } from "./timelines.ts";

const { newUser, url } = await serveUsers();

const put = (client: Client, path: string, content: unknown) => client.request("PUT", path, content);

for (const version of ["10", "11", "12"]) {
  test(`version ${version}: a message reaches the others as it was sent`, async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const roomId = await newRoom(alice, { room_version: version });
    await join(bob, roomId);
    const content = { msgtype: "m.text", body: "Grüße 👋", "org.example.deep": { a: [1, null, { b: "" }] } };
    const eventId = await send(alice, roomId, content);
    const event = await getEvent(bob, roomId, eventId);
    assert.deepEqual(event.content, content);
    const { type, sender, event_id, room_id } = event;
    assert.deepEqual([type, sender, event_id, room_id], ["m.room.message", alice.userId, eventId, roomId]);
    assert.ok(event.unsigned.age >= 0 && event.origin_server_ts <= Date.now());
    assert.equal("state_key" in event, false);
  });
}

test("a transaction id that is sent again gives the same event, for its device, room and type alone", async () => {
  const alice = await newUser();
  const phone = new Client(url, await login(url, alice.userId.slice(1).split(":")[0] ?? ""));
  const [roomId, other] = [await newRoom(alice), await newRoom(alice)];
  const sendAs = async (client: Client, room: string, type: string, body: string) =>
    (await succeed(put(client, roomPath(room, "send", type, "same"), { body }))).event_id;
  const first = await sendAs(alice, roomId, "m.room.message", "first");
  assert.equal(await sendAs(alice, roomId, "m.room.message", "second"), first);
  const others = [
    await sendAs(phone, roomId, "m.room.message", "third"),
    await sendAs(alice, other, "m.room.message", "fourth"),
    await sendAs(alice, roomId, "org.example.other", "fifth"),
  ];
  assert.equal(new Set([first, ...others]).size, 4);
  assert.equal((await getEvent(alice, roomId, first)).content.body, "first");
});

test("S4: what a device has sent under a transaction id is nothing to a later one of the same name", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const name = alice.userId.slice(1).split(":")[0] ?? "";
  const sendFrom = async (body: string) => {
    const device = new Client(url, await login(url, name, undefined, "PHONE"));
    const path = roomPath(roomId, "send", "m.room.message", "once");
    const { event_id } = await succeed(put(device, path, { msgtype: "m.text", body }));
    await succeed(device.post("/logout", {}));
    return (await getEvent(alice, roomId, event_id)).content.body;
  };
  assert.deepEqual([await sendFrom("one"), await sendFrom("two")], ["one", "two"]);
});

test("the transaction id is told to the device that has sent the event alone", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const phone = new Client(url, await login(url, alice.userId.slice(1).split(":")[0] ?? ""));
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  const sent = await succeed(put(alice, roomPath(roomId, "send", "m.room.message", "its-name"), { body: "hi" }));
  const idFor = async (client: Client) =>
    (await getEvent(client, roomId, sent.event_id)).unsigned.transaction_id as string | undefined;
  assert.deepEqual([await idFor(alice), await idFor(phone), await idFor(bob)], ["its-name", undefined, undefined]);
  const page = await walk(alice, roomId, { dir: "b", limit: "1" });
  assert.equal(page[0].unsigned.transaction_id, "its-name");
});

test("who is not in the room sends nothing", async () => {
  const [alice, stranger, gone] = [await newUser(), await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(gone, roomId);
  await leave(gone, roomId);
  for (const client of [stranger, gone]) {
    await refused(put(client, roomPath(roomId, "send", "m.room.message", "1"), { body: "x" }), 403, "M_FORBIDDEN");
    await refused(put(client, roomPath(roomId, "state", "m.room.topic"), { topic: "x" }), 403, "M_FORBIDDEN");
  }
  const nowhere = roomPath("!nowhere:localhost", "send", "m.room.message", "1");
  await refused(put(stranger, nowhere, { body: "x" }), 403, "M_FORBIDDEN");
});

test("the power that an event's type needs is asked for", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const levels = { events: { "org.example.rare": 50 }, users: { [alice.userId]: 100 } };
  const roomId = await newRoom(alice, { room_version: "11", power_level_content_override: levels });
  await join(bob, roomId);
  await refused(put(bob, roomPath(roomId, "send", "org.example.rare", "1"), {}), 403, "M_FORBIDDEN");
  await send(alice, roomId, {}, "org.example.rare");
  await send(bob, roomId, {}, "org.example.common");
});

test("E2: an event of 65,536 bytes is taken, and none over it", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const path = (id: string) => roomPath(roomId, "send", "m.room.message", id);
  const sizeOf = async (length: number) =>
    (await put(alice, path(`large${length}`), { body: "x".repeat(length) })).status;
  // What the server adds to a content has the same length each time, but for the digits of depth and time.
  let [taken, refusedAt] = [60_000, 65_600];
  assert.deepEqual([await sizeOf(taken), await sizeOf(refusedAt)], [200, 413]);
  while (refusedAt - taken > 50) {
    const middle = Math.floor((taken + refusedAt) / 2);
    if ((await sizeOf(middle)) === 200) taken = middle;
    else refusedAt = middle;
  }
  assert.ok(taken > 64_000, `${taken} bytes of text were taken`);
  await refused(put(alice, path("too-large"), { body: "x".repeat(66_000) }), 413, "M_TOO_LARGE");
});

test("E2: what cannot be an event is refused, and never an error of the server", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const path = roomPath(roomId, "send", "m.room.message", "bad");
  await refused(put(alice, path, { n: 0.5 }), 400, "M_BAD_JSON");
  await refused(put(alice, path, '{"n": 1e400}'), 400, "M_BAD_JSON");
  await refused(put(alice, path, { n: 2 ** 53 }), 400, "M_BAD_JSON");
  await refused(put(alice, path, '{"body": "\\ud800"}'), 400, "M_BAD_JSON");
  await refused(put(alice, path, []), 400, "M_BAD_JSON");
  await refused(put(alice, path, "{"), 400, "M_NOT_JSON");
  await refused(put(alice, roomPath(roomId, "send", "t\0", "1"), {}), 400, "M_INVALID_PARAM");
  await refused(put(alice, roomPath(roomId, "send", "x".repeat(256), "1"), {}), 400, "M_INVALID_PARAM");
  await refused(put(alice, roomPath(roomId, "send", "m.a", "t".repeat(256)), {}), 400, "M_INVALID_PARAM");
  await refused(put(alice, roomPath("room", "send", "m.a", "1"), {}), 400, "M_INVALID_PARAM");
  await refused(put(alice, roomPath(roomId, "send", "m.room.create", "1"), {}), 403, "M_FORBIDDEN");
  const odd = '{"__proto__": {"a": 1}, "constructor": {"body": "x"}, "body": "\\u0000"}';
  const { event_id: eventId } = await succeed(put(alice, path, odd));
  assert.deepEqual(Object.keys((await getEvent(alice, roomId, eventId)).content).sort(), [
    "__proto__",
    "body",
    "constructor",
  ]);
});

test("`ts` is not heard of clients", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const path = `${roomPath(roomId, "send", "m.room.message", "old")}?ts=1000`;
  const { event_id: eventId } = await succeed(put(alice, path, { body: "x" }));
  assert.ok((await getEvent(alice, roomId, eventId)).origin_server_ts > 1_600_000_000_000);
});

test("a message is shown with what the reader was then", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  const early = await say(alice, roomId, "early");
  await join(bob, roomId);
  const late = await say(alice, roomId, "late");
  const membershipAt = async (eventId: string) => (await getEvent(bob, roomId, eventId)).unsigned.membership;
  assert.deepEqual([await membershipAt(early), await membershipAt(late)], ["leave", "join"]);
});
