import assert from "node:assert/strict";
import { test } from "node:test";
import { DeviceId, UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { Account } from "../../examples/matrix-client.ts";
import { OlmDevice } from "../../examples/olm-device.ts";
import { clientOf, newUser, publishKeys, receiveMessages, sendMessage } from "../olm-machine/connect-device.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import type { TestAppservice } from "../support/appservices/test-appservice.ts";
import { giving, openScene } from "./keyed-bridge.ts";

type KeyObject = Record<string, unknown>;

/** What a bridge keeps of the keys of one of its devices: it tells no server of them but when it is asked. */
class KeptKeys {
  deviceKeys: KeyObject = {};
  readonly oneTimeKeys: [string, object][] = [];
  crossSigning: Record<string, Record<string, KeyObject>> = {};

  /** The device's uploads end here. */
  readonly fetch: typeof fetch = async (input, init) => {
    if (!String(input).endsWith("/keys/upload")) return checkedFetch(input, init);
    const { device_keys, one_time_keys = {} } = JSON.parse(String(init?.body));
    if (device_keys) this.deviceKeys = device_keys;
    this.oneTimeKeys.push(...(Object.entries(one_time_keys) as [string, object][]));
    return Response.json({ one_time_key_counts: { signed_curve25519: this.oneTimeKeys.length } });
  };

  answerFor(bridge: TestAppservice, { userId, deviceId }: Account): void {
    bridge.on.claim = giving((user, device) => {
      const key = user === userId && device === deviceId ? this.oneTimeKeys.shift() : undefined;
      return key && { [key[0]]: key[1] };
    });
    bridge.on.query = () => ({
      body: { device_keys: { [userId]: { [deviceId]: this.deviceKeys } }, ...this.crossSigning },
    });
  }
}

/** A bridge's user whose device encrypts, and whose keys are at the bridge alone. */
async function bridgedDevice(t: Parameters<typeof openScene>[0]) {
  const scene = await openScene(t);
  const { url, bridge } = scene;
  const { account } = await scene.newGhost();
  const kept = new KeptKeys();
  kept.answerFor(bridge, account);
  const ghost = await OlmDevice.create(clientOf(url, account, kept.fetch));
  return { ...scene, ghost, kept };
}

test("C6, Q5: clients encrypt to a bridge's user that has uploaded nothing, and it answers them", async (t) => {
  const { url, bridge, ghost, kept } = await bridgedDevice(t);
  await publishKeys(ghost);
  const [alice, carol] = [await newUser(url, "alice"), await newUser(url, "carol")];
  await sendMessage(alice, ghost, "from alice");
  await sendMessage(carol, ghost, "from carol");
  assert.deepEqual(await receiveMessages(ghost), ["from alice", "from carol"]);
  assert.deepEqual([bridge.requestsTo("claim").length, kept.oneTimeKeys.length], [2, 48]);
  await sendMessage(ghost, alice, "to alice");
  assert.deepEqual(await receiveMessages(alice), ["to alice"]);
});

test("X5, Q3: a client verifies a bridge's user whose cross-signing keys are at the bridge alone", async (t) => {
  const { url, ghost, kept } = await bridgedDevice(t);
  const { userId, deviceId } = ghost.client.account;
  const requests = await ghost.machine.bootstrapCrossSigning(true);
  await ghost.deliver(requests.uploadKeysRequest ?? assert.fail());
  const signed = JSON.parse(requests.uploadSignaturesRequest.body)[userId][deviceId];
  const signatures = kept.deviceKeys["signatures"] as Record<string, object>;
  kept.deviceKeys["signatures"] = { [userId]: { ...signatures[userId], ...signed.signatures[userId] } };
  const keys = JSON.parse(requests.uploadSigningKeysRequest.body);
  kept.crossSigning = {
    master_keys: { [userId]: keys.master_key },
    self_signing_keys: { [userId]: keys.self_signing_key },
    user_signing_keys: { [userId]: keys.user_signing_key },
  };
  const erin = await newUser(url, "erin");
  const ofErin = await erin.machine.bootstrapCrossSigning(true);
  await erin.client.send("POST", "/keys/device_signing/upload", ofErin.uploadSigningKeysRequest.body);
  await erin.client.send("POST", "/keys/signatures/upload", ofErin.uploadSignaturesRequest.body);
  const identity = async () => {
    await erin.deliver(erin.machine.queryKeysForUsers([new UserId(userId)]));
    return erin.machine.getIdentity(new UserId(userId));
  };
  const found = await identity();
  assert.equal(found?.isVerified(), false);
  const request = await found?.verify();
  const answer = await erin.client.send("POST", "/keys/signatures/upload", request?.body ?? {});
  assert.deepEqual(JSON.parse(answer), { failures: {} });
  assert.equal((await identity())?.isVerified(), true);
  const device = await erin.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
  assert.equal(device?.isCrossSignedByOwner(), true);
});
