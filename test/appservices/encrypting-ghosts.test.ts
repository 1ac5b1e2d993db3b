import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DeviceId, UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { claimKey, claimKeys, distinct } from "../olm-machine/claim-key.ts";
import { anotherDevice, newUser, receiveMessages, sendMessage } from "../olm-machine/connect-device.ts";
import { meetInRoom } from "../olm-machine/meet-in-room.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { startTestServer } from "../support/test-server.ts";
import { bootstrapCrossSigning } from "./bootstrap-cross-signing.ts";
import { Bridge } from "./bridge.ts";
import type { Ghost } from "./ghost.ts";
import { decryptInRoom, encryptForRoom, shareRoomKey } from "./room-messages.ts";

const appservice = await startTestAppservice({ encrypts: true, receivesEphemeral: true, managesDevices: true });
after(() => appservice.close());
const server = await startTestServer({ appservices: [appservice.registrationFile] });
after(() => server.close());
const { url } = server;
const bridge = new Bridge({ appservice, url });
const ghosts = await bridge.addGhosts(Array.from({ length: 20 }, (_, index) => `ghost${index}`));
const [first, second, third, fourth, fifth, sixth] = ghosts as [Ghost, Ghost, Ghost, Ghost, Ghost, Ghost];

/** Its keys are uploaded, and it has heard so. */
const isReady = ({ keyCount = 0, unusedFallbackKeys = [] }: Ghost) => keyCount >= 50 && unusedFallbackKeys.length === 1;

/** How a device shows to somebody who asks the server anew. */
async function seen(viewer: OlmDevice, { userId, deviceId }: Ghost) {
  await viewer.deliver(viewer.machine.queryKeysForUsers([new UserId(userId)]));
  const device = await viewer.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
  const identity = await viewer.machine.getIdentity(new UserId(userId));
  return { device, identity };
}

test("MSC4190, C8: 20 users with a device each, without a login, hear of their uploaded keys", async () => {
  await bridge.until(() => ghosts.every(isReady));
  for (const { userId, deviceId, toldCounts, unusedFallbackKeys } of ghosts) {
    const { body } = await bridge.request("GET", "/devices", { userId });
    assert.deepEqual(
      body.devices.map((device: { device_id: string }) => device.device_id),
      [deviceId],
      "registering has made no device",
    );
    assert.equal(toldCounts.at(-1), 50);
    assert.deepEqual(unusedFallbackKeys, ["signed_curve25519"], "the machine made one when it heard that it had none");
  }
});

test("S3: a client writes to every ghost, each answers, and all is decrypted in order", async () => {
  const alice = await newUser(url, "alice");
  const userId = alice.client.account.userId;
  for (const ghost of ghosts) await sendMessage(alice, ghost.device, `hello ${ghost.userId}`);
  for (const ghost of ghosts) await sendMessage(alice, ghost.device, `again ${ghost.userId}`);
  for (const ghost of ghosts) {
    assert.deepEqual(await bridge.untilHeard(ghost, 2), [`hello ${ghost.userId}`, `again ${ghost.userId}`]);
    assert.ok(ghost.heard.every(({ sender }) => sender === userId));
    await ghost.write(alice, `hello from ${ghost.userId}`);
  }
  assert.deepEqual(
    await receiveMessages(alice),
    ghosts.map((ghost) => `hello from ${ghost.userId}`),
  );
});

test("S3: what came in a transaction does not wait in an inbox, and `*` reaches the device by its name", async () => {
  const bob = await newUser(url, "bob");
  const { userId, deviceId } = first;
  const messages = { [userId]: { "*": { text: "to all" } } };
  await bob.client.send("PUT", "/sendToDevice/com.example.plain/1", { messages });
  await bob.client.send("PUT", "/sendToDevice/com.example.plain/1", { messages });
  await bob.client.send("PUT", "/sendToDevice/com.example.plain/2", { messages: { [userId]: { NOBODY: {} } } });
  await sendMessage(bob, first.device, "the last of three");
  await bridge.until(() => first.bodies.includes("the last of three"));
  const address = { to_user_id: userId, to_device_id: deviceId, sender: bob.client.account.userId };
  assert.deepEqual(first.plain, [{ ...address, type: "com.example.plain", content: { text: "to all" } }]);
  const synced = await bridge.request("GET", "/sync?timeout=0", { userId, deviceId });
  assert.deepEqual(synced.body.to_device?.events ?? [], []);
});

test("S3: a room's key goes to all ghosts, and a ghost's to a client and another ghost", async () => {
  const carol = await newUser(url, "carol");
  const room = "!room:localhost";
  await shareRoomKey(
    carol,
    room,
    ghosts.map(({ userId }) => userId),
  );
  const event = await encryptForRoom(carol, room, "to everybody");
  const hasKey = ({ heard }: Ghost) => heard.some(({ type }) => type === "m.room_key");
  await bridge.until(() => ghosts.every(hasKey));
  for (const { device } of ghosts) assert.equal(await decryptInRoom(device, room, event), "to everybody");

  const answer = await second.act(async () => {
    await shareRoomKey(second.device, room, [carol.client.account.userId, third.userId]);
    return encryptForRoom(second.device, room, "an answer");
  });
  await carol.sync();
  assert.equal(await decryptInRoom(carol, room, answer), "an answer");
  await bridge.until(() => third.heard.filter(({ type }) => type === "m.room_key").length === 2);
  assert.equal(await decryptInRoom(third.device, room, answer), "an answer");
});

test("X1: a ghost makes cross-signing keys, and others later, without authentication; clients see it signed", async () => {
  const dave = await newUser(url, "dave");
  await second.act(() => bootstrapCrossSigning(second.device));
  const before = await seen(dave, second);
  assert.equal(before.device?.isCrossSignedByOwner(), true);
  await second.act(() => bootstrapCrossSigning(second.device));
  const after = await seen(dave, second);
  assert.equal(after.device?.isCrossSignedByOwner(), true);
  assert.notEqual(after.identity?.masterKey, before.identity?.masterKey);
});

test("X6: a ghost that verifies a user hears of it in a transaction, and sees the user verified", async () => {
  const erin = await newUser(url, "erin");
  const { userId } = erin.client.account;
  await bootstrapCrossSigning(erin);
  await third.act(() => bootstrapCrossSigning(third.device));
  await third.act(async () => {
    await third.device.learnDevices(userId);
    const identity = await third.device.machine.getIdentity(new UserId(userId));
    const { body } = await identity!.verify();
    const signed = await third.device.client.send("POST", "/keys/signatures/upload", body);
    assert.deepEqual(JSON.parse(signed), { failures: {} });
  });
  await bridge.untilSo(async () => {
    const identity = await third.act(() => third.device.machine.getIdentity(new UserId(userId)));
    return identity?.isVerified() ?? false;
  });
});

test("X6: a client's new device is in the bridge's device lists, and so is its end", async () => {
  const frank = await newUser(url, "frank");
  const { userId } = frank.client.account;
  await meetInRoom(frank, fourth.device);
  await sendMessage(frank, fourth.device, "from the first device");
  await bridge.untilHeard(fourth, 1);
  await fourth.write(frank, "to the first device");
  const another = await anotherDevice(url, "frank");
  const { deviceId } = another.client.account;
  const find = () => fourth.act(() => fourth.device.machine.getDevice(new UserId(userId), new DeviceId(deviceId)));
  await bridge.untilSo(async () => (await find()) !== undefined);
  await fourth.write(another, "to the second device");
  assert.deepEqual(await receiveMessages(another), ["to the second device"]);
  await another.client.send("POST", "/logout", {});
  await bridge.untilSo(async () => (await find()) === undefined);
});

test("MSC4326: the bridge's own user has a machine too", async () => {
  const gus = await newUser(url, "gus");
  const bot = await bridge.addDevice(appservice.senderId, "BOT-PHONE");
  await bridge.until(() => isReady(bot));
  await sendMessage(gus, bot.device, "to the bot");
  assert.deepEqual(await bridge.untilHeard(bot, 1), ["to the bot"]);
  await bot.write(gus, "from the bot");
  await bot.write(fourth.device, "from the bot");
  assert.deepEqual(await receiveMessages(gus), ["from the bot"]);
  await bridge.until(() => fourth.bodies.includes("from the bot"));
});

test("C8, K10: claims lower the counts that the bridge is told, and the machine's new keys raise them", async () => {
  const gina = await newUser(url, "gina");
  await bridge.until(() => isReady(fifth));
  fifth.isActive = false;
  const before = fifth.toldCounts.length;
  const pool = fifth.keyCount!;
  const claimed = await claimKeys(gina.client, fifth.device.client.account, pool - 5);
  assert.equal(distinct(claimed), pool - 5);
  await bridge.until(() => fifth.keyCount === 5);
  const told = fifth.toldCounts.slice(before);
  assert.deepEqual(
    told,
    told.toSorted((a, b) => b - a),
    "no transaction tells what an earlier one has told differently",
  );
  await fifth.activate();
  await bridge.until(() => fifth.keyCount! >= 50);
  const later = await claimKeys(gina.client, fifth.device.client.account, 30);
  assert.equal(distinct([...claimed, ...later]), pool + 25, "C1");
});

test("C3, C8: with an empty pool the fallback key serves, and the bridge hears that it is used", async () => {
  const henry = await newUser(url, "henry");
  await bridge.until(() => isReady(sixth));
  sixth.isActive = false;
  const pool = sixth.keyCount!;
  const claimed = await claimKeys(henry.client, sixth.device.client.account, pool);
  assert.equal(distinct(claimed.filter(({ fallback }) => !fallback)), pool);
  await bridge.until(() => sixth.keyCount === 0);
  assert.deepEqual(sixth.unusedFallbackKeys, ["signed_curve25519"], "not used yet");

  await sendMessage(henry, sixth.device, "by the fallback key");
  await bridge.until(() => sixth.bodies.includes("by the fallback key") && sixth.unusedFallbackKeys?.length === 0);
  await sixth.activate();
  await bridge.until(() => sixth.keyCount! >= 50);
  const next = await claimKey(henry.client, sixth.userId, sixth.deviceId);
  assert.equal(next?.fallback, false);
  assert.deepEqual(sixth.unusedFallbackKeys, [], "K7: the same fallback key stays used");
});

for (const [index, way] of ["DELETE /devices/{id}", "POST /delete_devices"].entries()) {
  test(`S4: a device that the bridge deletes by ${way}, without authentication, is gone for clients`, async () => {
    const ghost = ghosts[10 + index]!;
    const { userId, deviceId } = ghost;
    const iris = await newUser(url, `iris${index}`);
    await meetInRoom(iris, ghost.device);
    await sendMessage(iris, ghost.device, "before");
    await bridge.until(() => ghost.bodies.includes("before"));
    await iris.sync();

    ghost.isActive = false;
    const deleted =
      index === 0
        ? await bridge.request("DELETE", `/devices/${deviceId}`, { userId })
        : await bridge.request("POST", "/delete_devices", { userId, body: { devices: [deviceId] } });
    assert.deepEqual([deleted.status, deleted.body], [200, {}]);
    const { answer } = await iris.sync();
    assert.deepEqual(answer.device_lists?.changed, [userId]);
    await iris.sendOutgoingRequests();
    assert.equal(await iris.machine.getDevice(new UserId(userId), new DeviceId(deviceId)), undefined);
    assert.equal(await claimKey(iris.client, userId, deviceId), undefined);

    const refused = await bridge.request("GET", "/account/whoami", { userId, deviceId });
    assert.deepEqual([refused.status, refused.body.errcode], [400, "M_UNKNOWN_DEVICE"]);
  });
}

test("S4: what waits for a deleted device is not for a new one of the same name", async () => {
  const old = await bridge.addGhost("reborn");
  const { userId, deviceId } = old;
  const jack = await newUser(url, "jack");
  await meetInRoom(jack, old.device);
  await bridge.until(() => isReady(old));
  const release = appservice.hang("transactions");
  await sendMessage(jack, ghosts[15]!.device, "in a transaction that is on its way");
  await appservice.until(() => appservice.requestsTo("transactions").at(-1)?.answered === undefined);
  await sendMessage(jack, old.device, "to the old device");
  const deleted = await bridge.request("DELETE", `/devices/${deviceId}`, { userId });
  assert.equal(deleted.status, 200);
  bridge.remove(old);
  // A machine takes no other identity for a device that it knows: it must see that the old one has gone.
  await jack.sync();
  await jack.sendOutgoingRequests();
  const reborn = await bridge.addDevice(userId, deviceId);
  await jack.sync();
  await sendMessage(jack, reborn.device, "to the new device");
  release();
  assert.deepEqual(await bridge.untilHeard(reborn, 1), ["to the new device"]);
});

test("MSC3202, MSC4203: every member has come under both of its names, which agree in every transaction", async () => {
  await bridge.until(() => true);
  const came = new Set(appservice.transactions.flatMap(({ body }) => Object.keys(body)));
  for (const name of [
    "to_device",
    "de.sorunome.msc2409.to_device",
    "device_lists",
    "org.matrix.msc3202.device_lists",
    "device_one_time_keys_count",
    "org.matrix.msc3202.device_one_time_keys_count",
    "device_unused_fallback_key_types",
    "org.matrix.msc3202.device_unused_fallback_key_types",
  ]) {
    assert.ok(came.has(name), name);
  }
});
