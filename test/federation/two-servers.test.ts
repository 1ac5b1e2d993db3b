import assert from "node:assert/strict";
import { after, test } from "node:test";
import { UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import { RefusedError } from "../../examples/matrix-client.ts";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { bootstrapCrossSigning } from "../appservices/bootstrap-cross-signing.ts";
import { Bridge } from "../appservices/bridge.ts";
import { OwnKeys } from "../appservices/own-keys.ts";
import { claimKey, claimKeys, distinct } from "../olm-machine/claim-key.ts";
import { anotherDevice, newUser, sendMessage } from "../olm-machine/connect-device.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { untilKnows, untilReceived } from "./encrypted-conversation.ts";
import { eventually } from "./eventually.ts";
import { Federation } from "./federated-servers.ts";
import { verifyByEmoji } from "./verify-by-emoji.ts";

const appservice = await startTestAppservice({
  ...{ serverName: "two.claviger.test", encrypts: true, receivesEphemeral: true, managesDevices: true },
});
after(() => appservice.close());
const federation = await Federation.start({
  names: ["one", "two"],
  overrides: (short) => (short === "two" ? { appservices: [appservice.registrationFile] } : {}),
});
after(() => federation.close());
const [one, two] = [federation.server("one"), federation.server("two")];

/** Both have cross-signing keys, have written to each other, and know what they can know of each other. */
async function acquainted(nameOfFirst: string, nameOfSecond: string): Promise<[OlmDevice, OlmDevice]> {
  const first = await newUser(one.url, nameOfFirst);
  const second = await newUser(two.url, nameOfSecond);
  for (const device of [first, second]) {
    await bootstrapCrossSigning(device);
    await device.learnDevices(device.client.account.userId);
  }
  await sendMessage(first, second, "ping");
  assert.deepEqual(await untilReceived(second, 1), ["ping"]);
  await sendMessage(second, first, "pong");
  assert.deepEqual(await untilReceived(first, 1), ["pong"]);
  return [first, second];
}

const deviceIdOf = (device: OlmDevice) => device.client.account.deviceId;
const userIdOf = (device: OlmDevice) => device.client.account.userId;

test("Q4, C5, S3: users of two servers learn each other's keys and read each other's messages, in order and once", async () => {
  const alice = await newUser(one.url, "alice");
  const bob = await newUser(two.url, "bob");
  assert.deepEqual([userIdOf(alice), userIdOf(bob)], ["@alice:one.claviger.test", "@bob:two.claviger.test"]);
  for (let number = 0; number < 3; number++) {
    await sendMessage(alice, bob, `to bob ${number}`);
    await sendMessage(bob, alice, `to alice ${number}`);
  }
  assert.deepEqual(await untilReceived(bob, 3), ["to bob 0", "to bob 1", "to bob 2"]);
  assert.deepEqual(await untilReceived(alice, 3), ["to alice 0", "to alice 1", "to alice 2"]);
});

test("S3: a waiting sync brings a message of another server", async () => {
  const [ann, ben] = await acquainted("ann", "ben");
  const waiting = ben.sync(120_000);
  await sendMessage(ann, ben, "wakes the sync");
  for (let { decrypted } = await waiting; ; { decrypted } = await ben.sync(120_000)) {
    // It may be woken for other news before.
    if (decrypted.length === 0) continue;
    assert.deepEqual(decrypted[0]!.content, { body: "wakes the sync" });
    break;
  }
});

test("S3: a message to all devices of another server's user reaches each of them", async () => {
  const first = await newUser(two.url, "all");
  const second = await anotherDevice(two.url, "all");
  const sender = await newUser(one.url, "sender");
  const messages = { [userIdOf(first)]: { "*": { hello: "all" } } };
  await sender.client.send("PUT", "/sendToDevice/com.example.hello/1", { messages });
  await sender.client.send("PUT", "/sendToDevice/com.example.hello/1", { messages });
  for (const device of [first, second]) {
    const events: object[] = [];
    await eventually(async () => {
      events.push(...((await device.sync()).answer.to_device?.events ?? []));
      assert.ok(events.length > 0);
    });
    events.push(...((await device.sync()).answer.to_device?.events ?? []));
    const { userId } = sender.client.account;
    assert.deepEqual(events, [{ sender: userId, type: "com.example.hello", content: { hello: "all" } }]);
  }
});

test("X5, X6: users of two servers verify each other by emoji, are told so, and see each other verified", async () => {
  const [carol, dave] = await acquainted("carol", "dave");
  const isVerified = async (viewer: OlmDevice, other: OlmDevice) =>
    (await viewer.machine.getIdentity(new UserId(userIdOf(other))))?.isVerified();
  assert.deepEqual([await isVerified(carol, dave), await isVerified(dave, carol)], [false, false]);

  const told = { carol: false, dave: false };
  await verifyByEmoji(carol, dave, (device, changed) => {
    if (device === carol && changed.includes(userIdOf(dave))) told.carol = true;
    if (device === dave && changed.includes(userIdOf(carol))) told.dave = true;
  });
  await eventually(async () => {
    for (const [viewer, other, name] of [
      [carol, dave, "carol"],
      [dave, carol, "dave"],
    ] as const) {
      const { answer } = await viewer.sync();
      if (answer.device_lists?.changed?.includes(userIdOf(other))) told[name] = true;
      await viewer.sendOutgoingRequests();
    }
    assert.deepEqual(told, { carol: true, dave: true });
  });
  assert.deepEqual([await isVerified(carol, dave), await isVerified(dave, carol)], [true, true]);

  const asked = { device_keys: { [userIdOf(dave)]: [] } };
  const seenBy = async (device: OlmDevice) => {
    const { master_keys: keys } = JSON.parse(await device.client.send("POST", "/keys/query", asked));
    return Object.keys(keys[userIdOf(dave)].signatures ?? {}).sort();
  };
  assert.ok((await seenBy(carol)).includes(userIdOf(carol)), "Q3: carol sees her own signature");
  const witness = await newUser(one.url, "witness");
  for (const other of [dave, witness]) {
    assert.ok(!(await seenBy(other)).includes(userIdOf(carol)), "Q3: nobody else sees whom she has verified");
  }
});

test("X6: another server's user is seen with a new device, which can be written to, and without a deleted one", async () => {
  const [erin, frank] = await acquainted("erin", "frank");
  const second = await anotherDevice(two.url, "frank");
  await untilKnows(erin, userIdOf(frank), [deviceIdOf(frank), deviceIdOf(second)]);
  await sendMessage(erin, second, "to the new device");
  assert.deepEqual(await untilReceived(second, 1), ["to the new device"]);

  const third = await anotherDevice(two.url, "frank");
  await untilKnows(erin, userIdOf(frank), [frank, second, third].map(deviceIdOf));
  await sendWithPassword(frank, "/delete_devices", { devices: [deviceIdOf(second)] }, "frank");
  await untilKnows(erin, userIdOf(frank), [frank, third].map(deviceIdOf));
  await third.client.send("POST", "/logout", {});
  await untilKnows(erin, userIdOf(frank), [deviceIdOf(frank)]);
});

test("X4, X6: another server's user who resets the cross-signing keys is seen with the new ones", async () => {
  const [gina, henry] = await acquainted("gina", "henry");
  const masterKey = async () => (await gina.machine.getIdentity(new UserId(userIdOf(henry))))?.masterKey;
  const before = await masterKey();
  const { uploadSigningKeysRequest, uploadSignaturesRequest } = await henry.machine.bootstrapCrossSigning(true);
  const body = JSON.parse(uploadSigningKeysRequest.body);
  await sendWithPassword(henry, "/keys/device_signing/upload", body, "henry");
  await henry.client.send("POST", "/keys/signatures/upload", uploadSignaturesRequest.body);
  const made = Object.keys(body.master_key.keys)[0]!;
  await eventually(async () => {
    await gina.sync();
    await gina.sendOutgoingRequests();
    assert.ok((await masterKey())?.includes(made), "gina sees henry's new master key");
  });
  assert.notEqual(await masterKey(), before);
});

test("C1, C3: clients of both servers claim from one device together, and no one-time key is given twice", async () => {
  const iris = await newUser(two.url, "iris");
  const [jack, kate] = [await newUser(one.url, "jack"), await newUser(two.url, "kate")];
  const owner = iris.client.account;
  const claimed = await Promise.all([claimKeys(jack.client, owner, 30), claimKeys(kate.client, owner, 30)]);
  const oneTimeKeys = claimed.flat().filter(({ fallback }) => !fallback);
  assert.deepEqual([oneTimeKeys.length, distinct(oneTimeKeys)], [50, 50]);
  assert.equal(claimed.flat().length, 60, "the others were given the fallback key");
  const { answer } = await iris.sync();
  assert.equal(answer.device_one_time_keys_count["signed_curve25519"], 0, "C8");
});

test("C6, Q5: a bridge's user, whose keys the bridge alone has, is found and written to from another server, and answers", async () => {
  const bridge = new Bridge({ appservice, url: two.url });
  const own = new OwnKeys();
  appservice.on.query = ({ body }) => ({ body: own.query(body) });
  appservice.on.claim = ({ body }) => ({ body: own.claim(body) });
  const registered = { type: "m.login.application_service", username: "bridge_luna", inhibit_login: true };
  assert.equal((await bridge.request("POST", "/register", { body: registered })).status, 200);
  const keep = (fetcher: typeof fetch) => own.keepUploads(fetcher);
  const luna = await bridge.addDevice("@bridge_luna:two.claviger.test", "LUNA-PHONE", keep);
  const mia = await newUser(one.url, "mia");

  await sendMessage(mia, luna.device, "across the border");
  assert.deepEqual(await bridge.untilHeard(luna, 1), ["across the border"]);
  await luna.write(mia, "and back");
  assert.deepEqual(await untilReceived(mia, 1), ["and back"]);

  const before = own.given.length;
  const first = await claimKey(mia.client, luna.userId, luna.deviceId);
  assert.ok(first);
  assert.deepEqual(own.given.slice(before), [`${luna.userId} ${luna.deviceId} ${first.id}`]);
  appservice.on.claim = () => ({ status: 500 });
  assert.equal(await claimKey(mia.client, luna.userId, luna.deviceId), undefined, "C4, C6: nothing to give is {}");
});

test("Q1, E1: users of a server that is not there are in failures, and the rest is answered", async () => {
  const nora = await newUser(one.url, "nora");
  const otto = await newUser(two.url, "otto");
  federation.cutOff("two");
  const lost = JSON.parse(
    await nora.client.send("POST", "/keys/query", { device_keys: { [userIdOf(nora)]: [], [userIdOf(otto)]: [] } }),
  );
  assert.deepEqual(Object.keys(lost.failures), ["two.claviger.test"]);
  assert.deepEqual(Object.keys(lost.device_keys[userIdOf(nora)]), [deviceIdOf(nora)]);
  federation.mend("two");
  await sendMessage(otto, nora, "here again");
  assert.deepEqual(await untilReceived(nora, 1), ["here again"]);
});

/** A request that needs the password: the refusal of the first one says in which session. */
async function sendWithPassword(device: OlmDevice, path: string, body: object, localpart: string): Promise<void> {
  const refused = await device.client.send("POST", path, body).catch((error: unknown) => error);
  assert.ok(refused instanceof RefusedError);
  assert.equal(refused.status, 401);
  const identifier = { type: "m.id.user", user: userIdOf(device) };
  const auth = { type: "m.login.password", identifier, password: `${localpart}-password` };
  await device.client.send("POST", path, { ...body, auth: { ...auth, session: refused.body["session"] } });
}
