import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../support/client.ts";
import { startSdkDevices } from "./sdk-devices.ts";

const devices = await startSdkDevices();

test("K10, Q2: a new device uploads 50 one-time keys and its device keys, which others get as they are", async () => {
  const [alice, bob] = [await devices.newUser("alice"), await devices.newUser("bob")];
  const { body } = await new Client(devices.url, alice.account).upload({});
  assert.deepEqual(body.one_time_key_counts, { signed_curve25519: 50 });
  const { ed25519, curve25519 } = await alice.crypto.getOwnDeviceKeys();
  const seen = (await bob.crypto.getUserDeviceInfo([alice.userId], true)).get(alice.userId)?.get(alice.deviceId);
  assert.deepEqual([seen?.getFingerprint(), seen?.getIdentityKey()], [ed25519, curve25519]);
});

test("X2 (MSC3967): cross-signing, secret storage and key backup are set up without a password", async () => {
  const carol = await devices.newUser("carol");
  await carol.setUpEncryption();
  assert.ok(await carol.crypto.isCrossSigningReady());
  assert.ok(await carol.crypto.isSecretStorageReady());
  assert.equal(await carol.crypto.getActiveSessionBackupVersion(), "1");
  const own = await carol.crypto.getDeviceVerificationStatus(carol.userId, carol.deviceId);
  assert.ok(own?.crossSigningVerified);
});

test("X2: other cross-signing keys are uploaded with the password", async () => {
  const dora = await devices.newUser("dora");
  await dora.setUpEncryption();
  const before = await dora.crypto.getCrossSigningKeyId();
  await dora.crypto.bootstrapCrossSigning({
    setupNewCrossSigning: true,
    authUploadDeviceSigningKeys: async (upload) => {
      const session = await upload(null).then(
        () => assert.fail("nothing was asked"),
        (error) => error.data.session,
      );
      const identifier = { type: "m.id.user", user: dora.userId };
      await upload({ type: "m.login.password", session, identifier, password: "dora-password" });
    },
  });
  assert.notEqual(await dora.crypto.getCrossSigningKeyId(), before);
  assert.ok(await dora.crypto.isCrossSigningReady());
});
