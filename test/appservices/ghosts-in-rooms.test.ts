import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newUser } from "../olm-machine/connect-device.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { startTestServer } from "../support/test-server.ts";
import { Bridge } from "./bridge.ts";
import type { Ghost } from "./ghost.ts";
import { type Json, RoomClient } from "./room-client.ts";
import { decryptInRoom } from "./room-messages.ts";

const appservice = await startTestAppservice({ encrypts: true, receivesEphemeral: true, managesDevices: true });
after(() => appservice.close());
const server = await startTestServer({ appservices: [appservice.registrationFile] });
after(() => server.close());
const { url } = server;
const bridge = new Bridge({ appservice, url });
const ghosts = await bridge.addGhosts(Array.from({ length: 20 }, (_, index) => `ghost${index}`));
const device = await newUser(url, "alice");
const roomId = await encryptedRoom();
const alice = new RoomClient(device, roomId);
const clients = new Map(ghosts.map((ghost) => [ghost, new RoomClient(ghost.device, roomId)]));

async function encryptedRoom(): Promise<string> {
  const body = {
    preset: "private_chat",
    invite: ghosts.map(({ userId }) => userId),
    initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
  };
  return JSON.parse(await device.client.send("POST", "/createRoom", body)).room_id;
}

/** Of the room, as they came in transactions. */
const pushedEvents = (): Json[] => appservice.transactions.flatMap(({ body }) => body.events);
const findEvent = (eventId: string) => pushedEvents().find(({ event_id }) => event_id === eventId);
const membershipsOf = ({ userId }: Ghost) =>
  pushedEvents().flatMap(({ state_key, content }) => (state_key === userId ? [content.membership] : []));
const idsOf = (members: readonly Ghost[]) => members.map(({ userId }) => userId);

async function act({ userId }: Ghost, verb: string): Promise<void> {
  const { status, body } = await bridge.request("POST", `/rooms/${encodeURIComponent(roomId)}/${verb}`, {
    userId,
    body: {},
  });
  assert.equal(status, 200, JSON.stringify(body));
}

/** The text of a room's event, which came in a transaction as its key did. */
async function read(ghost: Ghost, eventId: string): Promise<string> {
  await bridge.until(() => findEvent(eventId) !== undefined);
  const { sender, content } = findEvent(eventId);
  const hasKey = ({ type, content: key }: Json) => type === "m.room_key" && key.session_id === content.session_id;
  await bridge.until(() => sender === ghost.userId || ghost.heard.some(hasKey));
  return ghost.act(() => decryptInRoom(ghost.device, roomId, JSON.stringify(findEvent(eventId))));
}

/** Encrypted for everybody else who is there. */
function say(ghost: Ghost, body: string, members: readonly Ghost[]): Promise<string> {
  const others = [alice.userId, ...idsOf(members).filter((userId) => userId !== ghost.userId)];
  return ghost.act(() => clients.get(ghost)!.say(body, others));
}

const sessionOf = (eventId: string) => findEvent(eventId).content.session_id;

test("MSC3202, S2: ghosts that are asked in a transaction join; each side is told whose devices it needs", async () => {
  await bridge.until(() => ghosts.every((ghost) => membershipsOf(ghost).includes("invite")));
  await Promise.all(ghosts.map((ghost) => act(ghost, "join")));
  await bridge.until(() => ghosts.every((ghost) => membershipsOf(ghost).join() === "invite,join"));
  await alice.until(() => ghosts.every(({ userId }) => alice.told.get(userId) === "changed"));
  const changed = () => appservice.transactions.flatMap(({ body }) => body.device_lists?.changed ?? []);
  await bridge.until(() => changed().includes(alice.userId));
});

test("S3, MSC3202: what a client says in an encrypted room is decrypted by all 20 ghosts", async () => {
  const told = ghosts.map(({ toldCounts }) => toldCounts.length);
  const first = await alice.say("first", idsOf(ghosts));
  const second = await alice.say("second", idsOf(ghosts));
  for (const ghost of ghosts) {
    assert.equal(await read(ghost, first), "first");
    assert.equal(await read(ghost, second), "second");
  }
  assert.equal(sessionOf(second), sessionOf(first));
  // C8: the claimed key is made good.
  await bridge.until(() => ghosts.every(({ toldCounts }, index) => toldCounts.slice(told[index]).includes(50)));
});

test("S3: what each ghost says is decrypted by the client, and by other ghosts", async () => {
  for (const [index, ghost] of ghosts.entries()) {
    // 400 sessions would take long: most of them write to some of the others only.
    const others = index === 0 ? ghosts : [1, 2, 3].map((step) => ghosts[(index + step) % 20]!);
    const eventId = await say(ghost, `from ${ghost.userId}`, others);
    assert.equal(await alice.read(eventId), `from ${ghost.userId}`);
    for (const other of others) assert.equal(await read(other, eventId), `from ${ghost.userId}`);
  }
});

test("C8, K10: after so many claims the counts in transactions have had every pool refilled", async () => {
  await bridge.until(() => ghosts.every(({ keyCount }) => keyCount === 50));
  for (const { userId, toldCounts } of ghosts)
    assert.ok(Math.min(...toldCounts.slice(1)) < 50, `${userId} was told of claims`);
});

test("S2: of a ghost that leaves the client is told `left`, and the next message has another key that it is not sent", async () => {
  const [leaving, ...staying] = ghosts as [Ghost, ...Ghost[]];
  const before = await alice.say("before", idsOf(ghosts));
  assert.equal(await read(leaving, before), "before");
  await act(leaving, "leave");
  await alice.until(() => alice.told.get(leaving.userId) === "left");
  const keysBefore = leaving.heard.length;
  const eventId = await alice.say("among us", idsOf(staying));
  for (const ghost of staying) assert.equal(await read(ghost, eventId), "among us");
  assert.notEqual(sessionOf(eventId), sessionOf(before));
  assert.equal(leaving.heard.length, keysBefore);
  await assert.rejects(decryptInRoom(leaving.device, roomId, JSON.stringify(findEvent(eventId))));
});

test("S2: of a new ghost that joins the client is told `changed`, and both read each other", async () => {
  const late = await bridge.addGhost("late");
  clients.set(late, new RoomClient(late.device, roomId));
  assert.equal(alice.told.get(late.userId), undefined);
  await device.client.send("POST", `/rooms/${encodeURIComponent(roomId)}/invite`, { user_id: late.userId });
  await act(late, "join");
  await alice.until(() => alice.told.get(late.userId) === "changed");
  const members = [...ghosts.slice(1), late];
  const asked = await alice.say("welcome", idsOf(members));
  for (const ghost of members) assert.equal(await read(ghost, asked), "welcome");
  assert.equal(await alice.read(await say(late, "thanks", members)), "thanks");
});

test("S2: when the client leaves, the bridge is told so of it, and it of every ghost", async () => {
  const staying = [...clients.keys()].slice(1);
  await device.client.send("POST", `/rooms/${encodeURIComponent(roomId)}/leave`, {});
  await alice.until(() => staying.every(({ userId }) => alice.told.get(userId) === "left"));
  const left = () => appservice.transactions.flatMap(({ body }) => body.device_lists?.left ?? []);
  await bridge.until(() => left().includes(alice.userId));
});
