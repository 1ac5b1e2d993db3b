import assert from "node:assert/strict";
import { test } from "node:test";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { startSdkDevices } from "./sdk-devices.ts";
import { verifyByEmoji } from "./verify-by-emoji.ts";

const devices = await startSdkDevices();

test("a new device is verified by emoji with an old one, and gets its secrets from it", async () => {
  const phone = await devices.newUser("alice");
  await phone.setUpEncryption();
  const laptop = await devices.anotherDevice("alice");
  assert.equal(await laptop.crypto.isCrossSigningReady(), false);

  const backupKeyArrives = new Promise((resolve) => {
    laptop.client.once(CryptoEvent.KeyBackupDecryptionKeyCached, resolve);
  });
  await verifyByEmoji(() => laptop.crypto.requestOwnUserVerification(), phone);
  for (const device of [phone, laptop]) {
    const seen = () => device.crypto.getDeviceVerificationStatus(laptop.userId, laptop.deviceId);
    await device.until(async () => (await seen())?.signedByOwner);
  }
  await backupKeyArrives;
  assert.equal(await laptop.crypto.getActiveSessionBackupVersion(), "1");
  assert.ok(await laptop.crypto.isCrossSigningReady());
});
