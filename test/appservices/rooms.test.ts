import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type BridgeScene, openScene } from "../rules/keyed-bridge.ts";
import type { TestAppservice } from "../support/appservices/test-appservice.ts";
import type { Client } from "../support/client.ts";
import { shareRoom } from "../support/share-room.ts";

// biome-ignore lint/suspicious/noExplicitAny: an event, looked into freely.
type Event = any;

let sent = 0;

async function say(client: Client, roomId: string, body: string): Promise<string> {
  const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${sent++}`;
  const answer = await client.request("PUT", path, { msgtype: "m.text", body });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.event_id;
}

function eventsOf(bridge: TestAppservice): Event[] {
  return bridge.transactions.flatMap(({ body }) => body.events);
}

/** What was said in a room, and who joined and left it, in the order in which it was told. */
function toldOf(bridge: TestAppservice, roomId: string): string[] {
  const events = eventsOf(bridge).filter(({ room_id: room }) => room === roomId);
  return events.flatMap(({ type, state_key: of, content }) => {
    if (type === "m.room.member") return [`${of.slice(1, of.indexOf(":"))} ${content.membership}`];
    return type === "m.room.message" ? [content.body] : [];
  });
}

async function untilTold(bridge: TestAppservice, roomId: string, last: string): Promise<string[]> {
  await bridge.until(() => toldOf(bridge, roomId).includes(last));
  return toldOf(bridge, roomId);
}

async function openRooms(t: TestContext, options: Parameters<typeof openScene>[1] = {}): Promise<BridgeScene> {
  return openScene(t, { encrypts: true, answersClaims: false, answersQueries: false, ...options });
}

test("R5: events of its users' rooms come in order, each once, as clients get them", async (t) => {
  const { bridge, bob, newGhost } = await openRooms(t);
  const ghost = await newGhost();
  const roomId = await shareRoom(bob, ghost);
  const texts = Array.from({ length: 30 }, (_, n) => `n${n}`);
  const ids: string[] = [];
  for (const text of texts) ids.push(await say(bob, roomId, text));
  assert.deepEqual(await untilTold(bridge, roomId, "n29"), ["bridge_ghost join", ...texts]);
  const told = eventsOf(bridge).filter(({ type }) => type === "m.room.message");
  assert.deepEqual(
    told.map(({ event_id: id }) => id),
    ids,
  );
  const { event_id: id, origin_server_ts: time, unsigned, ...rest } = told[0];
  const content = { msgtype: "m.text", body: "n0" };
  assert.deepEqual(rest, { type: "m.room.message", sender: bob.userId, room_id: roomId, content });
  const { body } = await bob.get(`/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(id)}`);
  assert.deepEqual([body.content, body.origin_server_ts], [content, time]);
  assert.ok(unsigned.age >= 0);
});

test("an invitation is told; a kick of the last ghost is the last that is told", async (t) => {
  const { bridge, bob, newGhost } = await openRooms(t);
  const ghost = await newGhost();
  const roomId = await shareRoom(bob);
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  await say(bob, roomId, "nobody hears");
  await bob.post(`${room}/invite`, { user_id: ghost.userId });
  await say(bob, roomId, "come in");
  await untilTold(bridge, roomId, "come in");
  await ghost.post(`/join/${encodeURIComponent(roomId)}`, {});
  await bob.post(`${room}/kick`, { user_id: ghost.userId });
  await say(bob, roomId, "alone again");
  const told = ["bridge_ghost invite", "come in", "bridge_ghost join", "bridge_ghost leave"];
  assert.deepEqual(await untilTold(bridge, roomId, "bridge_ghost leave"), told);
  const own = await shareRoom(ghost);
  await say(ghost, own, "by itself");
  await untilTold(bridge, own, "by itself");
  assert.deepEqual(toldOf(bridge, roomId), told);
});

test("rooms with an alias of its namespaces are heard of without its users", async (t) => {
  const { bridge, bob, newGhost } = await openRooms(t, { aliases: [{ exclusive: false, regex: "#bridge_.*" }] });
  const own = await shareRoom(bob, await newGhost());
  const roomId = await shareRoom(bob);
  await say(bob, roomId, "before it had the alias");
  // What is told of another room shows that the feed has passed by this one.
  await say(bob, own, "meanwhile");
  await untilTold(bridge, own, "meanwhile");
  const alias = encodeURIComponent("#bridge_hall:localhost");
  assert.equal((await bob.request("PUT", `/directory/room/${alias}`, { room_id: roomId })).status, 200);
  await say(bob, roomId, "with an alias");
  assert.deepEqual(await untilTold(bridge, roomId, "with an alias"), ["with an alias"]);
});

test("R5: an appservice that does not take transactions gets the same one again, and then the rest, in order", async (t) => {
  const { bridge, bob, newGhost } = await openRooms(t);
  const roomId = await shareRoom(bob, await newGhost());
  await untilTold(bridge, roomId, "bridge_ghost join");
  bridge.on.transactions = () => ({ status: 503 });
  const refused = bridge.requestsTo("transactions").length;
  await say(bob, roomId, "first");
  await bridge.until(() => bridge.requestsTo("transactions").length > refused);
  const texts = Array.from({ length: 150 }, (_, n) => `n${n}`);
  for (const text of texts) await say(bob, roomId, text);
  bridge.on.transactions = () => ({});
  assert.deepEqual(await untilTold(bridge, roomId, "n149"), ["bridge_ghost join", "first", ...texts]);
  const bodies = Map.groupBy(bridge.requestsTo("transactions"), ({ path }) => path);
  for (const again of bodies.values()) for (const { body } of again) assert.deepEqual(body, again[0]?.body);
});

test("typing and receipts of its rooms are told to who receives them", async (t) => {
  const { bridge, bob, newGhost } = await openRooms(t, { receivesEphemeral: true });
  const ghost = await newGhost();
  const roomId = await shareRoom(bob, ghost);
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  const eventId = await say(ghost, roomId, "read me");
  const ephemeral = () => bridge.transactions.flatMap(({ body }) => body.ephemeral ?? []);
  await bob.request("PUT", `${room}/typing/${bob.userId}`, { typing: true, timeout: 30_000 });
  await bridge.until(() => ephemeral().some(({ type }) => type === "m.typing"));
  const typing = ephemeral().find(({ type }) => type === "m.typing");
  assert.deepEqual(typing, { type: "m.typing", room_id: roomId, content: { user_ids: [bob.userId] } });
  await bob.post(`${room}/receipt/m.read/${encodeURIComponent(eventId)}`, {});
  await bridge.until(() => ephemeral().some(({ type }) => type === "m.receipt"));
  const { room_id: where, content } = ephemeral().find(({ type }) => type === "m.receipt");
  assert.equal(where, roomId);
  assert.equal(typeof content[eventId]["m.read"][bob.userId].ts, "number");
  for (const { body } of bridge.transactions) {
    assert.deepEqual(body["de.sorunome.msc2409.ephemeral"], body.ephemeral);
  }
});

test("S2: whom its users meet is changed, and whom they part from is left", async (t) => {
  const { bridge, bob, newGhost } = await openRooms(t);
  const ghost = await newGhost();
  const lists = (kind: "changed" | "left") =>
    bridge.transactions.flatMap(({ body }) => body.device_lists?.[kind] ?? []) as string[];
  const roomId = await shareRoom(bob, ghost);
  await bridge.until(() => lists("changed").includes(bob.userId));
  assert.deepEqual(lists("left"), []);
  await ghost.post(`/rooms/${encodeURIComponent(roomId)}/leave`, {});
  await bridge.until(() => lists("left").includes(bob.userId));
  assert.deepEqual(lists("left"), [bob.userId]);
});
