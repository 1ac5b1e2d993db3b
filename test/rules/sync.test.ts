import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, newClient } from "../support/client.ts";
import { shareRoom } from "../support/share-room.ts";
import { CrossSigningKeys, signed } from "../support/signed-keys.ts";
import { login, startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let bob: Client;
let made = 0;

before(async () => {
  server = await startTestServer();
  bob = await newClient(server.url, "bob");
});
after(() => server.close());

const newUser = () => newClient(server.url, `user${made++}`);
const localpart = (client: Client) => client.userId.slice(1).split(":")[0] ?? "";
const secondDevice = async (client: Client) => new Client(server.url, await login(server.url, localpart(client)));

/** Sends `{ n }` for each number, one request after another. */
async function sendNumbers(to: Client, numbers: readonly number[]): Promise<void> {
  for (const n of numbers) await bob.send("m.number", `${to.deviceId}-${n}`, { [to.userId]: { [to.deviceId]: { n } } });
}

const numbersOf = (answer: { to_device: { events: { content: { n: number } }[] } }) =>
  answer.to_device.events.map((event) => event.content.n);

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test("S1: every answer carries the counts and the unused fallback keys, also an empty one", async () => {
  const alice = await newUser();
  const initial = await alice.sync();
  const empty = await alice.sync(initial.next_batch);
  for (const answer of [initial, empty]) {
    assert.deepEqual(answer.device_one_time_keys_count, { signed_curve25519: 0 });
    assert.deepEqual(answer.device_unused_fallback_key_types, []);
  }
  await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(4), fallback_keys: alice.keys.fallbackKey() });
  const told = await alice.sync(empty.next_batch, 60_000);
  assert.deepEqual(told.device_one_time_keys_count, { signed_curve25519: 4 });
  for (const name of [
    "device_unused_fallback_key_types",
    "org.matrix.msc2732.device_unused_fallback_key_types",
    "org.matrix.msc2732.device_unused_fallback_keys",
    "device_unused_fallback_keys",
  ]) {
    assert.deepEqual(told[name], ["signed_curve25519"], name);
  }
});

test("S1: the draft's names can be switched off", async () => {
  const modern = await startTestServer({ compatibility: { msc2732_draft_names: false } });
  try {
    const answer = await (await newClient(modern.url, "alice")).sync();
    assert.deepEqual(answer.device_unused_fallback_key_types, []);
    assert.deepEqual(
      Object.keys(answer).filter((name) => name.includes("fallback")),
      ["device_unused_fallback_key_types"],
    );
  } finally {
    await modern.close();
  }
});

test("S1: the counts are those of the moment of the answer, not of the beginning of the wait", async () => {
  const alice = await newUser();
  await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(3) });
  const waiting = alice.sync((await alice.sync()).next_batch, 60_000);
  await bob.claim(alice.userId, alice.deviceId);
  await sendNumbers(alice, [1]);
  let answer = await waiting;
  while (answer.to_device.events.length === 0) answer = await alice.sync(answer.next_batch, 60_000);
  assert.equal(answer.device_one_time_keys_count.signed_curve25519, 2);
});

test("S2: device lists tell of oneself and of whom one shares a room with, in sync and in keys/changes", async () => {
  const [alice, carol] = [await newUser(), await newUser()];
  const before = (await alice.sync()).next_batch;
  await sendNumbers(alice, [1]);
  await carol.send("m.test", "hello", { [alice.userId]: { "*": {} } });
  const roomId = await shareRoom(bob, alice);
  const met = await alice.sync(before);
  assert.deepEqual(met.device_lists, { changed: [bob.userId], left: [] });
  await bob.upload({ device_keys: bob.keys.deviceKeys() });
  await carol.upload({ device_keys: carol.keys.deviceKeys() });
  await alice.upload({ device_keys: alice.keys.deviceKeys() });
  const changed = await alice.sync(met.next_batch);
  assert.deepEqual(changed.device_lists.changed.toSorted(), [alice.userId, bob.userId].toSorted());
  const range = new URLSearchParams({ from: met.next_batch, to: changed.next_batch });
  const { body } = await alice.get(`/keys/changes?${range}`);
  assert.deepEqual(body.changed.toSorted(), changed.device_lists.changed.toSorted());
  assert.deepEqual((await alice.sync(changed.next_batch)).device_lists.changed, []);
  assert.equal((await alice.post(`/rooms/${roomId}/leave`, {})).status, 200);
  const parted = await alice.sync(changed.next_batch);
  assert.deepEqual(parted.device_lists, { changed: [], left: [bob.userId] });
  const since = new URLSearchParams({ from: changed.next_batch, to: parted.next_batch });
  assert.deepEqual((await alice.get(`/keys/changes?${since}`)).body, parted.device_lists);
  await bob.upload({ device_keys: bob.keys.deviceKeys() });
  assert.deepEqual((await alice.sync(parted.next_batch)).device_lists, { changed: [], left: [] });
});

test("S2: who waits is woken when the devices change of somebody in the same room", async () => {
  const [alice, carol] = [await newUser(), await newUser()];
  await shareRoom(carol, alice);
  const waiting = alice.sync((await alice.sync()).next_batch, 60_000);
  await carol.upload({ device_keys: carol.keys.deviceKeys() });
  assert.deepEqual((await waiting).device_lists.changed, [carol.userId]);
});

test("S2: a token that is none is refused", async () => {
  for (const path of [
    "/sync?since=nonsense",
    "/keys/changes?from=s2_1_1_&to=s1_0_0_",
    "/keys/changes?from=s1_0_0_&to=x",
  ]) {
    const { status, body } = await bob.get(path);
    assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"], path);
  }
});

test("S3: messages come in order, at most 100 an answer, until they are acknowledged", async () => {
  const alice = await newUser();
  await sendNumbers(alice, range(0, 120));
  const first = await alice.sync();
  assert.deepEqual(numbersOf(first), range(0, 100));
  assert.deepEqual(numbersOf(await alice.sync()), range(0, 100), "nothing was acknowledged");
  const second = await alice.sync(first.next_batch, 60_000);
  assert.deepEqual(numbersOf(second), range(100, 120));
  assert.deepEqual(numbersOf(await alice.sync(first.next_batch)), range(100, 120), "a lost answer comes again");
  assert.deepEqual(numbersOf(await alice.sync(second.next_batch)), []);
  assert.deepEqual(numbersOf(await alice.sync()), [], "all are acknowledged");
});

test("S3: a message has exactly sender, type and content", async () => {
  const alice = await newUser();
  const content = { body: 'ünïcode \u0000 " \\', nested: { ["__proto__"]: 1, list: [1, 2.5, true, null] } };
  await bob.send("m.odd type/%", "txn", { [alice.userId]: { [alice.deviceId]: content } });
  const { events } = (await alice.sync()).to_device;
  assert.deepEqual(events, [
    { sender: bob.userId, type: "m.odd type/%", content: JSON.parse(JSON.stringify(content)) },
  ]);
});

test("S3: a device's acknowledgement removes nothing of another device", async () => {
  const alice = await newUser();
  const second = await secondDevice(alice);
  await bob.send("m.number", "both", { [alice.userId]: { "*": { n: 7 } } });
  const answer = await alice.sync();
  await alice.sync(answer.next_batch);
  await alice.sync(answer.next_batch);
  assert.deepEqual(numbersOf(await second.sync()), [7]);
});

test("S3: a star means every device of the user, and unknown devices are passed over", async () => {
  const alice = await newUser();
  const second = await secondDevice(alice);
  const { status } = await bob.send("m.number", "star", {
    [alice.userId]: { "*": { n: 1 }, UNKNOWN: { n: 2 } },
    "@no:localhost": { "*": {} },
  });
  assert.equal(status, 200);
  for (const device of [alice, second]) assert.deepEqual(numbersOf(await device.sync()), [1]);
});

test("S3: the same transaction is delivered once; another type or device is another transaction", async () => {
  const alice = await newUser();
  const to = { [alice.userId]: { [alice.deviceId]: { n: 1 } } };
  for (const _ of range(0, 3)) assert.deepEqual((await bob.send("m.a", "same", to)).body, {});
  await bob.send("m.b", "same", to);
  await (await secondDevice(bob)).send("m.a", "same", to);
  const types = (await alice.sync()).to_device.events.map((event: { type: string }) => event.type);
  assert.deepEqual(types, ["m.a", "m.b", "m.a"]);
});

test("S3: a message wakes a waiting sync", async () => {
  const alice = await newUser();
  const waiting = alice.sync((await alice.sync()).next_batch, 60_000);
  await sendNumbers(alice, [5]);
  assert.deepEqual(numbersOf(await waiting), [5]);
});

test("S3: a token from beyond the present acknowledges nothing and is answered as a gap", async () => {
  const alice = await newUser();
  await shareRoom(bob, alice);
  await sendNumbers(alice, [1, 2]);
  const answer = await alice.sync("s1_zzzzzzz_zzzzzzz_");
  assert.deepEqual(numbersOf(answer), [1, 2]);
  assert.deepEqual(answer.device_lists.changed, [bob.userId, alice.userId]);
  assert.deepEqual(numbersOf(await alice.sync(answer.next_batch)), []);
});

test("S4: a deleted device takes its keys, messages, tokens and signatures with it", async () => {
  const alice = await newUser();
  const second = await secondDevice(alice);
  const keys = new CrossSigningKeys(alice.userId);
  await alice.post("/keys/device_signing/upload", keys.body());
  const deviceKeys = second.keys.deviceKeys();
  const oneTimeKeys = second.keys.oneTimeKeys(2);
  await second.upload({
    device_keys: deviceKeys,
    one_time_keys: oneTimeKeys,
    fallback_keys: second.keys.fallbackKey(),
  });
  const [issued] = (await bob.claim(alice.userId, second.deviceId)) ?? [];
  const keyId = `ed25519:${keys.selfSigning.publicKey}`;
  const device = signed(deviceKeys, alice.userId, keyId, keys.selfSigning);
  await alice.post("/keys/signatures/upload", { [alice.userId]: { [second.deviceId]: device } });
  await sendNumbers(second, [1]);
  const since = (await alice.sync()).next_batch;

  const auth = {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: alice.userId },
    password: `${localpart(alice)}-password`,
  };
  const deleted = await alice.request("DELETE", `/devices/${second.deviceId}`, { auth });
  assert.equal(deleted.status, 200);
  assert.equal((await second.get("/account/whoami")).body.errcode, "M_UNKNOWN_TOKEN");
  assert.deepEqual((await alice.sync(since)).device_lists.changed, [alice.userId]);
  assert.deepEqual((await bob.query(alice.userId)).device_keys[alice.userId], {});
  assert.equal(await bob.claim(alice.userId, second.deviceId), undefined);

  const again = new Client(server.url, await login(server.url, localpart(alice), undefined, second.deviceId));
  assert.deepEqual(numbersOf(await again.sync()), []);
  const { body } = await again.upload({
    device_keys: deviceKeys,
    one_time_keys: { [issued ?? ""]: oneTimeKeys[issued ?? ""] },
  });
  assert.deepEqual(body.one_time_key_counts, { signed_curve25519: 1 }, "what was issued is forgotten with the device");
  const served = (await bob.query(alice.userId)).device_keys[alice.userId][second.deviceId];
  assert.deepEqual(Object.keys(served.signatures[alice.userId]), [`ed25519:${second.deviceId}`]);
});

test("S5: account data comes back to the device that set it, and to the others", async () => {
  const alice = await newUser();
  const second = await secondDevice(alice);
  const since = [(await alice.sync()).next_batch, (await second.sync()).next_batch];
  const waiting = [alice.sync(since[0], 60_000), second.sync(since[1], 60_000)];
  const content = { key: "value", n: 1 };
  await alice.request("PUT", `/user/${alice.userId}/account_data/org.example.setting`, content);
  for (const answer of await Promise.all(waiting)) {
    assert.deepEqual(answer.account_data.events, [{ type: "org.example.setting", content }]);
  }
  assert.deepEqual((await alice.get(`/user/${alice.userId}/account_data/org.example.setting`)).body, content);
});

test("S5: a filter selects types of account data, inline or by its id", async () => {
  const alice = await newUser();
  for (const type of ["org.a.one", "org.a.two", "org.b.one"]) {
    await alice.request("PUT", `/user/${alice.userId}/account_data/${type}`, {});
  }
  const definition = { account_data: { types: ["org.a.*", "org.b.*"], not_types: ["*.two"] } };
  const { body } = await alice.post(`/user/${alice.userId}/filter`, definition);
  assert.deepEqual((await alice.get(`/user/${alice.userId}/filter/${body.filter_id}`)).body, definition);
  for (const filter of [body.filter_id, JSON.stringify(definition)]) {
    const answer = await alice.get(`/sync?${new URLSearchParams({ filter })}`);
    const types = answer.body.account_data.events.map((event: { type: string }) => event.type);
    assert.deepEqual(types.toSorted(), ["org.a.one", "org.b.one"]);
  }
});

test("S5: stopping the server answers the syncs that wait", async () => {
  const stopping = await startTestServer();
  const alice = await newClient(stopping.url, "alice");
  const since = (await alice.sync()).next_batch;
  const waiting = alice.sync(since, 60_000);
  // The wait has begun once a second request that came after it is answered.
  await alice.get("/account/whoami");
  await stopping.close();
  assert.equal((await waiting).next_batch.split("_")[0], "s1");
});
