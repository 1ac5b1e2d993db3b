import assert from "node:assert/strict";
import { test } from "node:test";
import { untilSeen } from "./device-lists.ts";
import { createEncryptedRoom, read, send } from "./rooms.ts";
import type { SdkDevice } from "./sdk-device.ts";
import { startSdkDevices } from "./sdk-devices.ts";

const devices = await startSdkDevices();

test("S2: others stop encrypting for a device that is logged out, and for one that is deleted", async () => {
  const [alice, phone] = [await devices.newUser("alice"), await devices.newUser("bob")];
  const [laptop, tablet] = [await devices.anotherDevice("bob"), await devices.anotherDevice("bob")];
  const roomId = await createEncryptedRoom(alice, [phone]);
  await untilSeen(alice, [phone, laptop, tablet]);
  await read(laptop, roomId, await send(alice, roomId, "To three"));
  assert.deepEqual(receiversOfKeys(alice), [phone, laptop, tablet].map(({ deviceId }) => deviceId).sort());

  await laptop.client.logout(true);
  await untilSeen(alice, [phone, tablet]);
  await read(tablet, roomId, await send(alice, roomId, "To two"));
  assert.deepEqual(receiversOfKeys(alice), [phone, tablet].map(({ deviceId }) => deviceId).sort());

  await deleteDevice(phone, tablet.deviceId, "bob-password");
  await untilSeen(alice, [phone]);
  await read(phone, roomId, await send(alice, roomId, "To one"));
  assert.deepEqual(receiversOfKeys(alice), [phone.deviceId]);
});

/** Which devices of another user the last room key went to, sorted. */
function receiversOfKeys({ wire }: SdkDevice): string[] {
  const { body } = wire.exchangesOf("/sendToDevice/m.room.encrypted/").at(-1)!;
  return Object.values<object>(body.messages)
    .flatMap((messages) => Object.keys(messages))
    .sort();
}

async function deleteDevice({ client, userId }: SdkDevice, deviceId: string, password: string): Promise<void> {
  const { session } = await client.deleteDevice(deviceId).then(
    () => assert.fail("nothing was asked"),
    (error) => error.data,
  );
  const identifier = { type: "m.id.user", user: userId };
  await client.deleteDevice(deviceId, { type: "m.login.password", session, identifier, password });
}
