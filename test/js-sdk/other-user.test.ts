import assert from "node:assert/strict";
import { test } from "node:test";
import { createEncryptedRoom, read, send } from "./rooms.ts";
import { startSdkDevices } from "./sdk-devices.ts";
import { verifyByEmoji } from "./verify-by-emoji.ts";

const devices = await startSdkDevices();

test("X6: two users verify each other by emoji in their room, and trust each other's devices from then on", async () => {
  const [alice, bob] = [await devices.newUser("alice"), await devices.newUser("bob")];
  for (const device of [alice, bob]) await device.setUpEncryption();
  const roomId = await createEncryptedRoom(alice, [bob]);
  await read(bob, roomId, await send(alice, roomId, "Shall we compare?"));

  await verifyByEmoji(() => alice.crypto.requestVerificationDM(bob.userId, roomId), bob);
  await alice.until(async () => (await alice.crypto.getUserVerificationStatus(bob.userId)).isVerified());
  await bob.until(async () => (await bob.crypto.getUserVerificationStatus(alice.userId)).isVerified());
  const phone = await alice.crypto.getDeviceVerificationStatus(bob.userId, bob.deviceId);
  assert.ok(phone?.crossSigningVerified);
});
