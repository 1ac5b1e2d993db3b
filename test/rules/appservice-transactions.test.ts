import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice, type TestAppservice } from "../support/appservices/test-appservice.ts";
import { Client, newClient } from "../support/client.ts";
import { shareRoom } from "../support/share-room.ts";
import { CrossSigningKeys } from "../support/signed-keys.ts";
import { login, startTestServer } from "../support/test-server.ts";
import { algorithm, openScene } from "./keyed-bridge.ts";

const encrypting = { encrypts: true, answersClaims: false, answersQueries: false } as const;

/** What a transaction brought last of a device: its one-time keys, and the algorithms of its unused fallback keys. */
function told(bridge: TestAppservice, { userId, deviceId }: Client): [number, string[]] | undefined {
  const body = bridge.transactions.findLast((made) => made.body.device_one_time_keys_count?.[userId]?.[deviceId])?.body;
  const count = body?.device_one_time_keys_count[userId][deviceId][algorithm];
  return body && [count, body.device_unused_fallback_key_types[userId][deviceId]];
}

async function untilTold(bridge: TestAppservice, ghost: Client, count: number, unused: string[]): Promise<void> {
  await bridge.until(() => JSON.stringify(told(bridge, ghost)) === JSON.stringify([count, unused]));
}

/** Whose device lists have changed, as all transactions but the first `before` say. */
function listed(bridge: TestAppservice, before = 0): string[] {
  return bridge.transactions.slice(before).flatMap(({ body }) => body.device_lists?.changed ?? []);
}

/** What is listed because of a change. */
async function changedAfter(bridge: TestAppservice, change: () => Promise<unknown>): Promise<string[]> {
  const before = bridge.transactions.length;
  await change();
  await bridge.until(() => listed(bridge, before).length > 0);
  return listed(bridge, before);
}

/** The texts of the messages that came in transactions, in order. */
function textsIn(bridge: TestAppservice): string[] {
  return bridge.transactions.flatMap(({ body }) =>
    (body.to_device ?? []).map(({ content }: { content: { text: string } }) => content.text),
  );
}

/** One whose devices the appservice keeps to itself. */
async function userWithoutDevices(url: string, bridge: TestAppservice): Promise<string> {
  const body = { type: "m.login.application_service", username: "bridge_unheard", inhibit_login: true };
  return (await bridge.request(url, "POST", "/register", { body })).body.user_id;
}

let sent = 0;

async function write(from: Client, { userId, deviceId }: Client, text: string): Promise<void> {
  const messages = { [userId]: { [deviceId]: { text } } };
  assert.equal((await from.send("m.test", `${sent++}`, messages)).status, 200);
}

test("C8: uploads and claims lower and raise the counts that come in transactions, down to the fallback key", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t, encrypting);
  const ghost = await newGhost();
  await ghost.upload({ device_keys: ghost.keys.deviceKeys() });
  await untilTold(bridge, ghost, 0, []);
  await ghost.upload({ one_time_keys: ghost.keys.oneTimeKeys(2), fallback_keys: ghost.keys.fallbackKey() });
  await untilTold(bridge, ghost, 2, [algorithm]);
  await bob.claim(ghost.userId, ghost.deviceId);
  await untilTold(bridge, ghost, 1, [algorithm]);
  await bob.claim(ghost.userId, ghost.deviceId);
  await untilTold(bridge, ghost, 0, [algorithm]);
  await bob.claim(ghost.userId, ghost.deviceId);
  await untilTold(bridge, ghost, 0, []);
  await ghost.upload({ one_time_keys: ghost.keys.oneTimeKeys(50, "NEW"), fallback_keys: ghost.keys.fallbackKey("F2") });
  await untilTold(bridge, ghost, 50, [algorithm]);
});

test("C8, K9: a device that comes back with another identity hears that its keys are gone", async (t) => {
  const { bridge, newGhost } = await openScene(t, encrypting);
  const ghost = await newGhost();
  await ghost.upload({ device_keys: ghost.keys.deviceKeys(), one_time_keys: ghost.keys.oneTimeKeys(9) });
  await untilTold(bridge, ghost, 9, []);
  const reborn = new Client(ghost.url, ghost.account);
  await reborn.upload({ device_keys: reborn.keys.deviceKeys() });
  await untilTold(bridge, ghost, 0, []);
});

test("C8: every name of the counts says the same", async (t) => {
  const { bridge, newGhost } = await openScene(t, encrypting);
  const ghost = await newGhost();
  await ghost.upload({ one_time_keys: ghost.keys.oneTimeKeys(3) });
  await untilTold(bridge, ghost, 3, []);
  const [body] = bridge.transactions.map((made) => made.body);
  const counts = { [ghost.userId]: { [ghost.deviceId]: { [algorithm]: 3 } } };
  const unused = { [ghost.userId]: { [ghost.deviceId]: [] } };
  assert.deepEqual(body, {
    events: [],
    device_one_time_keys_count: counts,
    device_one_time_key_counts: counts,
    "org.matrix.msc3202.device_one_time_keys_count": counts,
    "org.matrix.msc3202.device_one_time_key_counts": counts,
    device_unused_fallback_key_types: unused,
    "org.matrix.msc3202.device_unused_fallback_key_types": unused,
  });
});

test("S3: messages for an encrypting appservice's users come in its transactions in order, and wait for no sync", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t, encrypting);
  const [one, other] = [await newGhost("bridge_one"), await newGhost("bridge_other")];
  const texts = Array.from({ length: 30 }, (_, index) => `${index}`);
  for (const text of texts) await write(bob, Number(text) % 2 === 0 ? one : other, text);
  await bridge.until(() => textsIn(bridge).length === 30);
  assert.deepEqual(textsIn(bridge), texts);
  const [event] = bridge.transactions.flatMap(({ body }) => body.to_device ?? []);
  assert.deepEqual(event, {
    ...{ type: "m.test", sender: bob.userId, content: { text: "0" } },
    ...{ to_user_id: one.userId, to_device_id: one.deviceId },
  });
  assert.deepEqual((await one.sync()).to_device.events, []);
});

test("S3: the same transaction of a client is delivered once, and a new one later", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t, encrypting);
  const ghost = await newGhost();
  const messages = { [ghost.userId]: { "*": { text: "once" } } };
  for (let time = 0; time < 3; time++) await bob.send("m.test", "same", messages);
  await write(bob, ghost, "last");
  await bridge.until(() => textsIn(bridge).includes("last"));
  assert.deepEqual(textsIn(bridge), ["once", "last"]);
});

test("S3: with receive_ephemeral alone messages come in transactions, and its users still sync them", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t, { receivesEphemeral: true });
  const ghost = await newGhost();
  await ghost.upload({ device_keys: ghost.keys.deviceKeys(), one_time_keys: ghost.keys.oneTimeKeys(1) });
  await write(bob, ghost, "twice");
  await bridge.until(() => textsIn(bridge).length === 1);
  const { to_device: inbox } = await ghost.sync();
  assert.deepEqual(inbox.events, [{ type: "m.test", sender: bob.userId, content: { text: "twice" } }]);
  assert.deepEqual(
    bridge.transactions.map(({ body }) => Object.keys(body)),
    [["events", "to_device", "de.sorunome.msc2409.to_device"]],
  );
});

test("S3: an appservice without a url, or that asked for nothing, gets nothing; its users sync", async (t) => {
  for (const options of [{ url: null, encrypts: true, receivesEphemeral: true }, {}] as const) {
    const { bridge, bob, newGhost } = await openScene(t, { ...options, answersClaims: false });
    const ghost = await newGhost();
    await write(bob, ghost, "synced");
    assert.equal((await ghost.sync()).to_device.events.length, 1);
    assert.deepEqual(bridge.requests, []);
  }
});

test("S3: users of a namespace that is not exclusive have both, for every appservice that has them in one", async (t) => {
  const shared = [{ exclusive: false, regex: "@shared_.*" }];
  const second = await startTestAppservice({ ...encrypting, id: "second", users: shared });
  afterTest(t, () => second.close());
  const first = await startTestAppservice({ id: "first", users: shared, receivesEphemeral: true });
  afterTest(t, () => first.close());
  const files = { appservices: [first.registrationFile, second.registrationFile] };
  const server = await startTestServer(files);
  afterTest(t, () => server.close());
  const [user, bob] = [await newClient(server.url, "shared_user"), await newClient(server.url, "bob")];
  await write(bob, user, "to all");
  await Promise.all([first, second].map((bridge) => bridge.until(() => textsIn(bridge).length === 1)));
  assert.equal((await user.sync()).to_device.events.length, 1);
  await write(bob, bob, "of nobody's business");
  await write(bob, user, "again");
  await first.until(() => textsIn(first).length === 2);
  assert.deepEqual(textsIn(first), ["to all", "again"]);
  assert.ok(told(second, user));
});

test("S2, X6: new devices, new keys and who is met in a room come in device lists, to whoever would sync them", async (t) => {
  const { bridge, bob, newGhost, url } = await openScene(t, encrypting);
  const ghost = await newGhost();
  assert.deepEqual(await changedAfter(bridge, () => ghost.upload({ device_keys: ghost.keys.deviceKeys() })), [
    ghost.userId,
  ]);
  // Nobody of the bridge's knows bob yet.
  await bob.upload({ device_keys: bob.keys.deviceKeys() });
  assert.deepEqual(await changedAfter(bridge, () => shareRoom(bob, ghost)), [bob.userId]);
  const tablet = new Client(url, await login(url, "bob"));
  const added = () => tablet.upload({ device_keys: tablet.keys.deviceKeys() });
  assert.deepEqual(await changedAfter(bridge, added), [bob.userId]);
  const crossSigning = () => bob.post("/keys/device_signing/upload", new CrossSigningKeys(bob.userId).body());
  assert.deepEqual(await changedAfter(bridge, crossSigning), [bob.userId]);
  const removed = () => tablet.post("/logout", {});
  assert.deepEqual(await changedAfter(bridge, removed), [bob.userId]);
  for (const { body } of bridge.transactions) {
    if (body.device_lists) assert.deepEqual(body["org.matrix.msc3202.device_lists"], body.device_lists);
  }
});

test("C8, S2: where nothing of the appservice's users has changed there is no transaction", async (t) => {
  const { bridge, bob, newGhost, url } = await openScene(t, encrypting);
  const ghost = await newGhost();
  const upload = { device_keys: ghost.keys.deviceKeys(), one_time_keys: ghost.keys.oneTimeKeys(5) };
  await ghost.upload(upload);
  await shareRoom(bob, ghost);
  await write(bob, ghost, "first");
  await bridge.until(() => textsIn(bridge).length === 1 && listed(bridge).includes(bob.userId));
  const before = bridge.transactions.length;
  // The same again, what is the user's own affair, and what strangers do.
  await ghost.upload(upload);
  await ghost.request("PUT", `/user/${ghost.userId}/account_data/m.test`, {});
  const carol = await newClient(url, "carol");
  await carol.upload({ device_keys: carol.keys.deviceKeys(), one_time_keys: carol.keys.oneTimeKeys(5) });
  await bob.claim(carol.userId, carol.deviceId);
  await write(bob, carol, "among us");
  await write(bob, ghost, "second");
  await bridge.until(() => textsIn(bridge).length === 2);
  assert.equal(bridge.transactions.length, before + 1);
  assert.equal(bridge.transactions.at(-1)?.body.device_lists, undefined);
});

test("a recipient that does not exist is asked of the appservice, which makes it before the message is delivered", async (t) => {
  const { bridge, bob, url } = await openScene(t, encrypting);
  const made = (name: string) => ({ type: "m.login.application_service", username: name, device_id: "NEW" });
  bridge.on.users = async ({ path }) => {
    if (!path.endsWith("_real%3Alocalhost")) return { status: 404, body: { errcode: "M_NOT_FOUND", error: "" } };
    await bridge.request(url, "POST", "/register", { body: made("bridge_real") });
    return {};
  };
  const send = (name: string, to = "@bridge_") =>
    bob.send("m.test", name, { [`${to}${name}:localhost`]: { "*": { text: name } } });
  await send("real");
  await bridge.until(() => textsIn(bridge).length === 1);
  assert.equal(bridge.requestsTo("users").length, 1);
  assert.equal((await send("unreal")).status, 200);
  const asked = bridge.requestsTo("users").length;
  assert.ok(asked > 1);
  assert.equal((await send("unreal")).status, 200);
  assert.equal(bridge.requestsTo("users").length, asked, "a no is remembered");
  await send("stranger", "@");
  await send("real");
  assert.equal(bridge.requestsTo("users").length, asked, "nobody else is asked for");
});

test("of many unknown recipients twenty are asked for, and the message goes on to the others", async (t) => {
  const { bridge, bob } = await openScene(t, encrypting);
  const nobody = Array.from({ length: 50 }, (_, index) => [`@bridge_${index}:localhost`, { "*": {} }]);
  bridge.on.users = () => ({ status: 500 });
  assert.equal((await bob.send("m.test", "1", Object.fromEntries(nobody))).status, 200);
  assert.equal(bridge.requestsTo("users").length, 20);
});

test("an appservice that writes to its own unknown user is not asked for it", async (t) => {
  const { bridge, newGhost, url } = await openScene(t, encrypting);
  const { userId, deviceId } = await newGhost();
  const body = { messages: { "@bridge_unknown:localhost": { "*": {} } } };
  const answer = await bridge.request(url, "PUT", "/sendToDevice/m.test/1", { userId, deviceId, body });
  assert.deepEqual([answer.status, bridge.requestsTo("users").length], [200, 0]);
});

test("Q5, S3: a message reaches a device that only the appservice knows, whose keys it gives itself", async (t) => {
  const { url, bridge, bob } = await openScene(t, { encrypts: true });
  const userId = await userWithoutDevices(url, bridge);
  const messages = { [userId]: { UNHEARD: { text: "hello" } } };
  assert.equal((await bob.send("m.test", "1", messages)).status, 200);
  await bridge.until(() => textsIn(bridge).length > 0);
  const [event] = bridge.transactions.flatMap(({ body }) => body.to_device ?? []);
  assert.deepEqual([event.to_user_id, event.to_device_id, event.content.text], [userId, "UNHEARD", "hello"]);
});

test("E2: no message, however it is written, makes a transaction that a bridge cannot take", async (t) => {
  const { url, bridge, bob } = await openScene(t, { encrypts: true });
  const userId = await userWithoutDevices(url, bridge);
  const release = bridge.hang("transactions");
  const devices = Array.from({ length: 100 }, (_, index) => [
    `D${"\\".repeat(200)}${index}`,
    { text: "x".repeat(8000) },
  ]);
  const type = "\u0001".repeat(255);
  assert.equal((await bob.send(type, "1", { [userId]: Object.fromEntries(devices) })).status, 200);
  release();
  await bridge.until(() => textsIn(bridge).length === 100);
  for (const { body } of bridge.transactions) assert.ok(JSON.stringify(body).length < 1_000_000);
});
