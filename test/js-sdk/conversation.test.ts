import assert from "node:assert/strict";
import { test } from "node:test";
import { type MatrixEvent, MsgType, RelationType } from "matrix-js-sdk";
import { createEncryptedRoom, read, send } from "./rooms.ts";
import { startSdkDevices } from "./sdk-devices.ts";

const devices = await startSdkDevices();
const alice = await devices.newUser("alice");
const bob = await devices.newUser("bob");
const roomId = await createEncryptedRoom(alice, [bob]);
const [aliceRoom, bobRoom] = [alice.client.getRoom(roomId)!, bob.client.getRoom(roomId)!];

test("who types is seen, and who has read", async () => {
  await alice.client.sendTyping(roomId, true, 60_000);
  await bob.until(() => bobRoom.getMember(alice.userId)?.typing);
  const eventId = await send(alice, roomId, "Typed");
  await alice.client.sendTyping(roomId, false, 0);
  await bob.until(() => !bobRoom.getMember(alice.userId)?.typing);

  const event = await bob.until(() => bobRoom.findEventById(eventId));
  await bob.until(() => bobRoom.getUnreadNotificationCount() === 1);
  await bob.client.sendReadReceipt(event);
  await alice.until(() => aliceRoom.hasUserReadEvent(bob.userId, eventId));
  await bob.until(() => bobRoom.getUnreadNotificationCount() === 0);
});

test("an encrypted message is edited, and the edit is encrypted, too", async () => {
  const original = await send(alice, roomId, "Helo");
  const { event_id: editId } = await alice.client.sendMessage(roomId, {
    ...{ msgtype: MsgType.Text, body: "* Hello" },
    "m.new_content": { msgtype: MsgType.Text, body: "Hello" },
    "m.relates_to": { rel_type: RelationType.Replace, event_id: original },
  });
  await read(bob, roomId, editId);
  const edited = await bob.until(
    () => bodyOf(bobRoom.findEventById(original)) === "Hello" && bobRoom.findEventById(original),
  );
  assert.ok(edited.isEncrypted());
  const late = await devices.anotherDevice("bob");
  const bundled = await late.until(() => late.client.getRoom(roomId)?.findEventById(original));
  assert.equal(bundled.getServerAggregatedRelation<{ event_id: string }>(RelationType.Replace)?.event_id, editId);
});

test("a redacted message is gone for everybody", async () => {
  const eventId = await send(alice, roomId, "Never mind");
  assert.equal(await read(bob, roomId, eventId), "Never mind");
  await alice.client.redactEvent(roomId, eventId, undefined, { reason: "a slip" });
  const redacted = await bob.until(() => {
    const event = bobRoom.findEventById(eventId);
    return event?.isRedacted() && event;
  });
  assert.equal(redacted.getContent()["ciphertext"], undefined);
  const fetched = await bob.client.fetchRoomEvent(roomId, eventId);
  assert.deepEqual(fetched.content, {});
});

test("a new display name is seen in the room", async () => {
  await alice.client.setDisplayName("Alice the First");
  await bob.until(() => bobRoom.getMember(alice.userId)?.name === "Alice the First");
});

function bodyOf(event: MatrixEvent | undefined): unknown {
  return event?.getContent()["body"];
}
