import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { DeviceId, UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { claimKey, claimKeys, distinct } from "../olm-machine/claim-key.ts";
import { newUser, receiveMessages, sendMessage } from "../olm-machine/connect-device.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { startTestServer } from "../support/test-server.ts";
import { bootstrapCrossSigning } from "./bootstrap-cross-signing.ts";
import { Bridge } from "./bridge.ts";
import type { Ghost } from "./ghost.ts";
import { OwnKeys } from "./own-keys.ts";

const appservice = await startTestAppservice({ encrypts: true, receivesEphemeral: true, managesDevices: true });
after(() => appservice.close());
const server = await startTestServer({ appservices: [appservice.registrationFile] });
after(() => server.close());
const { url } = server;
const bridge = new Bridge({ appservice, url });
const own = new OwnKeys();
appservice.on.query = ({ body }) => ({ body: own.query(body) });
appservice.on.claim = ({ body }) => ({ body: own.claim(body) });

/** A user none of whose keys is uploaded. */
const addGhost = (name: string) => bridge.addGhost(name, (fetcher) => own.keepUploads(fetcher));

/** What the server says of users, and whom it could not ask. */
async function query(device: OlmDevice, ...userIds: string[]) {
  const asked = { device_keys: Object.fromEntries(userIds.map((userId) => [userId, []])) };
  return JSON.parse(await device.client.send("POST", "/keys/query", asked));
}

/** Asks again until it is so: an answer of the bridge serves for a while. */
async function untilQueried(
  device: OlmDevice,
  userId: string,
  holds: (answer: Awaited<ReturnType<typeof query>>) => boolean,
) {
  for (;;) {
    const answer = await query(device, userId);
    if (holds(answer)) return answer;
    await pause(50);
  }
}

/** The bridge is there again, and says so by a request, before its short pause is over. */
async function comeBack(): Promise<void> {
  await appservice.start();
  assert.equal((await bridge.request("GET", "/account/whoami")).status, 200);
}

test("C6, Q5: a client writes to users whose keys their bridge alone has, and they answer", async () => {
  const ghosts = await Promise.all(["ann", "ben", "cat", "dan", "eve"].map(addGhost));
  const alice = await newUser(url, "alice");
  for (const ghost of ghosts) await sendMessage(alice, ghost.device, `hello ${ghost.userId}`);
  for (const ghost of ghosts) {
    assert.deepEqual(await bridge.untilHeard(ghost, 1), [`hello ${ghost.userId}`]);
    await ghost.write(alice, `hello from ${ghost.userId}`);
  }
  assert.deepEqual(
    await receiveMessages(alice),
    ghosts.map(({ userId }) => `hello from ${userId}`),
  );
  assert.equal(own.given.length, ghosts.length, "C1: a key for each session");
  for (const { body } of appservice.requestsTo("claim")) {
    for (const devices of Object.values<Record<string, string[]>>(body)) {
      for (const algorithms of Object.values(devices)) assert.deepEqual(algorithms, ["signed_curve25519"]);
    }
  }
});

test("C1, C6: users of the same bridge write to each other", async () => {
  const gil = await addGhost("gil");
  const hal = await addGhost("hal");
  await gil.write(hal.device, "from one");
  assert.deepEqual(await bridge.untilHeard(hal, 1), ["from one"]);
  await hal.write(gil.device, "from the other");
  assert.deepEqual(await bridge.untilHeard(gil, 1), ["from the other"]);
});

test("C1, C6: claims that come at once are given different keys, each by the bridge, and it gives no more", async () => {
  const ghost = await addGhost("ivy");
  const bob = await newUser(url, "bob");
  const before = own.given.length;
  const claimed = await claimKeys(bob.client, ghost.device.client.account, 30);
  assert.deepEqual([claimed.length, distinct(claimed)], [30, 30]);
  assert.equal(own.given.length - before, 30);
  assert.equal(own.count(ghost), 20);
  const rest = await claimKeys(bob.client, ghost.device.client.account, 25);
  assert.equal(distinct([...claimed, ...rest]), 50, "with an empty pool there is nothing to give");
});

test("Q3, Q5: cross-signing keys of the bridge are shown, the user-signing key to its owner alone", async () => {
  const ghost = await addGhost("joy");
  const { userId, deviceId } = ghost;
  await ghost.act(() => bootstrapCrossSigning(ghost.device));
  const carol = await newUser(url, "carol");
  const seen = await untilQueried(carol, userId, (answer) => userId in (answer.self_signing_keys ?? {}));
  assert.ok(userId in seen.master_keys);
  assert.ok(!(userId in (seen.user_signing_keys ?? {})));
  await carol.deliver(carol.machine.queryKeysForUsers([new UserId(userId)]));
  const device = await carol.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
  assert.equal(device?.isCrossSignedByOwner(), true);
  const itself = await query(ghost.device, userId);
  assert.ok(userId in itself.user_signing_keys);
});

test("X5, X6: a client verifies a user whose keys are the bridge's, and sees the user verified", async () => {
  const ghost = await addGhost("jim");
  const { userId } = ghost;
  await ghost.act(() => bootstrapCrossSigning(ghost.device));
  const gina = await newUser(url, "gina");
  await bootstrapCrossSigning(gina);
  await untilQueried(gina, userId, (answer) => userId in (answer.self_signing_keys ?? {}));
  await gina.learnDevices(gina.client.account.userId, userId);
  await gina.sync();

  const identity = await gina.machine.getIdentity(new UserId(userId));
  const signed = await gina.client.send("POST", "/keys/signatures/upload", (await identity!.verify()).body);
  assert.deepEqual(JSON.parse(signed), { failures: {} });
  const { answer } = await gina.sync();
  assert.deepEqual(answer.device_lists?.changed, [userId]);
  await gina.sendOutgoingRequests();
  assert.equal((await gina.machine.getIdentity(new UserId(userId)))?.isVerified(), true);
});

test("X6: a new device of a user whose keys are the bridge's is told, and so is its end", async () => {
  const ghost = await addGhost("kay");
  const { userId } = ghost;
  const henry = await newUser(url, "henry");
  const { room_id: roomId } = JSON.parse(await henry.client.send("POST", "/createRoom", { preset: "public_chat" }));
  assert.equal((await bridge.request("POST", `/join/${encodeURIComponent(roomId)}`, { userId, body: {} })).status, 200);
  await sendMessage(henry, ghost.device, "to the first device");
  await bridge.untilHeard(ghost, 1);
  await henry.sync();
  const second = await bridge.addDevice(userId, "SECOND", (fetcher) => own.keepUploads(fetcher));
  assert.deepEqual((await henry.sync()).answer.device_lists?.changed, [userId]);
  await untilQueried(henry, userId, (answer) => "SECOND" in answer.device_keys[userId]);
  await sendMessage(henry, second.device, "to the second device");
  assert.deepEqual(await bridge.untilHeard(second, 1), ["to the second device"]);

  await henry.sync();
  second.isActive = false;
  assert.equal((await bridge.request("DELETE", "/devices/SECOND", { userId })).status, 200);
  assert.deepEqual((await henry.sync()).answer.device_lists?.changed, [userId]);
});

test("C3, C4, Q1, C8: while the bridge is down there is nothing, or the fallback key, whose message waits for it", async () => {
  const ghost = await addGhost("kim");
  const prepared = await addGhost("lou");
  await prepareForBadTimes(prepared);
  await bridge.until(() => prepared.unusedFallbackKeys?.length === 1);
  const dave = await newUser(url, "dave");
  await sendMessage(dave, prepared.device, "by a key of the bridge");
  assert.deepEqual(await bridge.untilHeard(prepared, 1), ["by a key of the bridge"]);
  assert.deepEqual(prepared.unusedFallbackKeys, ["signed_curve25519"], "C6: not used");

  await appservice.stop();
  const nobody = await untilQueried(dave, ghost.userId, ({ device_keys }) => isEmpty(device_keys[ghost.userId]));
  assert.deepEqual(nobody.failures ?? {}, {}, "Q1: our own name is never among the failures");
  assert.equal(await claimKey(dave.client, ghost.userId, ghost.deviceId), undefined);
  const erin = await newUser(url, "erin");
  await sendMessage(erin, prepared.device, "by the fallback key");

  await comeBack();
  assert.deepEqual(await bridge.untilHeard(prepared, 2), ["by a key of the bridge", "by the fallback key"]);
  await bridge.until(() => prepared.unusedFallbackKeys?.length === 0);
  await untilQueried(dave, ghost.userId, ({ device_keys }) => ghost.deviceId in device_keys[ghost.userId]);
  await sendMessage(dave, ghost.device, "it is back");
  assert.deepEqual(await bridge.untilHeard(ghost, 1), ["it is back"]);
});

test("C6: for a bridge that does not answer in time the fallback key is given", async () => {
  const ghost = await addGhost("mia");
  await prepareForBadTimes(ghost);
  const frank = await newUser(url, "frank");
  const release = appservice.hang("claim");
  const asked = { [ghost.userId]: { [ghost.deviceId]: "signed_curve25519" } };
  const text = await frank.client.send("POST", "/keys/claim", { one_time_keys: asked, timeout: 200 });
  const { one_time_keys: given, failures = {} } = JSON.parse(text);
  const [key] = Object.values<{ fallback?: boolean }>(given[ghost.userId][ghost.deviceId]);
  assert.equal(key?.fallback, true);
  assert.deepEqual(failures, {});
  await bridge.until(() => ghost.unusedFallbackKeys?.length === 0);
  release();
});

/** The bridge uploads a fallback key, and the device keys that it belongs to. */
async function prepareForBadTimes(ghost: Ghost): Promise<void> {
  const { userId, deviceId } = ghost;
  // The machine makes one when it hears that the server has none.
  await ghost.hear({
    ...{ messages: [], changed: [], left: [] },
    keyCounts: { [userId]: { [deviceId]: { signed_curve25519: own.count(ghost) } } },
    unusedFallbackKeys: { [userId]: { [deviceId]: [] } },
  });
  const body = own.forBadTimes(ghost);
  assert.equal((await bridge.request("POST", "/keys/upload", { userId, deviceId, body })).status, 200);
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}
