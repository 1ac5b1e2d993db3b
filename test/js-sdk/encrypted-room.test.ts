import assert from "node:assert/strict";
import { test } from "node:test";
import { untilSeen } from "./device-lists.ts";
import { createEncryptedRoom, read, send, sessionOf, untilHeard } from "./rooms.ts";
import { startSdkDevices } from "./sdk-devices.ts";

const devices = await startSdkDevices();

const alice = await devices.newUser("alice");
const bob = await devices.newUser("bob");

for (const version of ["10", "11", "12"]) {
  test(`two users talk in an encrypted room of version ${version}`, async () => {
    const roomId = await createEncryptedRoom(alice, [bob], version);
    assert.equal(bob.client.getRoom(roomId)?.getVersion(), version);
    const asked = await send(alice, roomId, "Can you read this?");
    assert.equal(await read(bob, roomId, asked), "Can you read this?");
    const answered = await send(bob, roomId, "Yes");
    assert.equal(await read(alice, roomId, answered), "Yes");
  });
}

test("in a room of three everybody reads everybody, with all of their devices", async () => {
  const [carol, dora, emil] = [
    await devices.newUser("carol"),
    await devices.newUser("dora"),
    await devices.newUser("emil"),
  ];
  const roomId = await createEncryptedRoom(carol, [dora, emil]);
  const tablet = await devices.anotherDevice("dora");
  await untilHeard(tablet, roomId, [carol, dora, emil]);
  for (const device of [carol, dora, emil]) await untilSeen(device, [dora, tablet]);
  const everywhere = [carol, dora, emil, tablet];
  for (const sender of everywhere) {
    const text = `from ${sender.userId} ${sender.deviceId}`;
    const eventId = await send(sender, roomId, text);
    for (const reader of everywhere) assert.equal(await read(reader, roomId, eventId), text);
  }
  const [first, second] = [await send(carol, roomId, "1"), await send(carol, roomId, "2")];
  assert.equal(sessionOf(carol, roomId, first), sessionOf(carol, roomId, second));
});
