import assert from "node:assert/strict";
import { test } from "node:test";
import { createEncryptedRoom, joinWhenInvited, read, send, sessionOf, untilHeard, untilUnreadable } from "./rooms.ts";
import { startSdkDevices } from "./sdk-devices.ts";

const devices = await startSdkDevices();

test("who leaves cannot read what is said afterwards, also after coming back; new messages are readable again", async () => {
  const [alice, bob, carol] = [
    await devices.newUser("alice"),
    await devices.newUser("bob"),
    await devices.newUser("carol"),
  ];
  const roomId = await createEncryptedRoom(alice, [bob, carol]);
  const before = await send(alice, roomId, "Among three");
  assert.equal(await read(carol, roomId, before), "Among three");

  await carol.client.leave(roomId);
  await untilHeard(alice, roomId, [alice, bob]);
  const between = await send(alice, roomId, "Between us");
  assert.equal(await read(bob, roomId, between), "Between us");
  assert.notEqual(sessionOf(alice, roomId, between), sessionOf(alice, roomId, before));

  await alice.client.invite(roomId, carol.userId);
  await joinWhenInvited(carol, roomId);
  for (const device of [alice, carol]) await untilHeard(device, roomId, [alice, bob, carol]);
  const after = await send(alice, roomId, "Welcome back");
  assert.equal(await read(carol, roomId, after), "Welcome back");
  await untilUnreadable(carol, roomId, between);
});
