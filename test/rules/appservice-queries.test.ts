import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice, type TestAppservice } from "../support/appservices/test-appservice.ts";
import { type Client, newClient } from "../support/client.ts";
import { CrossSigningKeys, type KeyedDevice, signed } from "../support/signed-keys.ts";
import { startTestServer } from "../support/test-server.ts";
import { openScene, unheard } from "./keyed-bridge.ts";

/** From now on the bridge gives the keys of these devices, and nothing of anybody else. */
function answering(bridge: TestAppservice, devices: readonly KeyedDevice[], more: object = {}): void {
  const device_keys: Record<string, Record<string, object>> = {};
  for (const device of devices) {
    device_keys[device.userId] = { ...device_keys[device.userId], [device.deviceId]: device.deviceKeys() };
  }
  bridge.on.query = () => ({ body: { device_keys, ...more } });
}

const query = (client: Client, device_keys: object, timeout?: number) =>
  client.post("/keys/query", { device_keys, ...(timeout !== undefined && { timeout }) });

test("Q5: an appservice that uploads nothing tells the keys of its users itself", async (t) => {
  const { bridge, bob } = await openScene(t);
  const device = unheard();
  const { userId } = device;
  const keys = new CrossSigningKeys(userId);
  const { master_key, self_signing_key, user_signing_key } = keys.body();
  answering(bridge, [device], {
    master_keys: { [userId]: master_key },
    self_signing_keys: { [userId]: self_signing_key },
    user_signing_keys: { [userId]: user_signing_key },
  });
  assert.deepEqual(await bob.query(userId, bob.userId), {
    device_keys: { [userId]: { [device.deviceId]: { ...device.deviceKeys(), unsigned: {} } }, [bob.userId]: {} },
    master_keys: { [userId]: master_key },
    self_signing_keys: { [userId]: self_signing_key },
    user_signing_keys: {},
    failures: {},
  });
  const [request] = bridge.requestsTo("query");
  assert.equal(request?.path, "/_matrix/app/unstable/org.matrix.msc3984/keys/query");
  assert.equal(request?.authorization, `Bearer ${bridge.registration.hsToken}`);
  assert.deepEqual(request?.body, { [userId]: [] });
});

test("Q5: it is asked always, and its answer is merged over what is stored", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  const { userId } = ghost;
  const [ours, theirs] = [new CrossSigningKeys(userId), new CrossSigningKeys(userId)];
  await ghost.upload({ device_keys: ghost.keys.deviceKeys() });
  await ghost.post("/keys/device_signing/upload", ours.body());
  const [again, more] = [unheard("bridge_ghost", ghost.deviceId), unheard("bridge_ghost", "MORE")];
  answering(bridge, [again, more], { master_keys: { [userId]: theirs.masterKey() } });
  const { device_keys, master_keys, self_signing_keys } = await bob.query(userId);
  assert.deepEqual(device_keys[userId], {
    [ghost.deviceId]: { ...again.deviceKeys(), unsigned: {} },
    MORE: { ...more.deviceKeys(), unsigned: {} },
  });
  assert.deepEqual(master_keys[userId], theirs.masterKey());
  assert.deepEqual(self_signing_keys[userId], ours.body().self_signing_key);
});

test("Q5: an appservice that refuses, answers rubbish, breaks off or is away leaves what is stored", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ device_keys: ghost.keys.deviceKeys() });
  const stored = { [ghost.deviceId]: { ...ghost.keys.deviceKeys(), unsigned: {} } };
  const replies = [
    ...[{ status: 500 }, { text: "rubbish" }, { text: "[]" }, { body: { device_keys: [] } }],
    { breakOff: true, body: { device_keys: { a: "b".repeat(99) } } },
  ];
  for (const reply of replies) {
    bridge.on.query = () => reply;
    assert.deepEqual((await bob.query(ghost.userId)).device_keys, { [ghost.userId]: stored }, JSON.stringify(reply));
    await bridge.request(ghost.url, "GET", "/account/whoami");
  }
  await bridge.stop();
  assert.deepEqual((await bob.query(ghost.userId, "@bridge_unheard:localhost")).device_keys, {
    [ghost.userId]: stored,
    "@bridge_unheard:localhost": {},
  });
});

test("Q5: a query waits for an appservice no longer than its timeout", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ device_keys: ghost.keys.deviceKeys() });
  const release = bridge.hang("query");
  const { body } = await query(bob, { [ghost.userId]: [] }, 200);
  assert.deepEqual(Object.keys(body.device_keys[ghost.userId]), [ghost.deviceId]);
  assert.ok(bridge.requestsTo("query").every(({ answered }) => answered === undefined));
  release();
});

test("Q5: only users and devices that were asked for are taken, and only where they belong", async (t) => {
  const { bridge, bob } = await openScene(t);
  const [asked, another] = [unheard("bridge_a", "ONE"), unheard("bridge_a", "TWO")];
  const [stranger, moved] = [unheard("bridge_b", "ONE"), unheard("bridge_b", "THREE")];
  bridge.on.query = () => ({
    body: {
      device_keys: {
        [asked.userId]: { ONE: asked.deviceKeys(), TWO: another.deviceKeys(), THREE: moved.deviceKeys() },
        [stranger.userId]: { ONE: stranger.deviceKeys() },
        [bob.userId]: { [bob.deviceId]: bob.keys.deviceKeys() },
      },
      master_keys: { [stranger.userId]: new CrossSigningKeys(stranger.userId).masterKey() },
    },
  });
  const { body } = await query(bob, { [asked.userId]: ["ONE", "THREE"], [bob.userId]: [] });
  const { device_keys, master_keys } = body;
  assert.deepEqual(device_keys, {
    [asked.userId]: { ONE: { ...asked.deviceKeys(), unsigned: {} } },
    [bob.userId]: {},
  });
  assert.deepEqual(master_keys, {});
});

test("Q2, Q5: of its unsigned a proxied device keeps the display name alone", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.request("PUT", `/devices/${ghost.deviceId}`, { display_name: "kept here" });
  const named = unheard("bridge_ghost", "NAMED");
  const unsigned = { device_display_name: "given", "org.example.more": true };
  bridge.on.query = () => ({
    body: {
      device_keys: {
        [ghost.userId]: { GHOST: ghost.keys.deviceKeys(), NAMED: { ...named.deviceKeys(), unsigned } },
      },
    },
  });
  const { GHOST, NAMED } = (await bob.query(ghost.userId)).device_keys[ghost.userId];
  assert.deepEqual(GHOST.unsigned, { device_display_name: "kept here" });
  assert.deepEqual(NAMED.unsigned, { device_display_name: "given" });
});

test("Q3, Q5: a user-signing key is told to its owner alone", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  const { user_signing_key } = new CrossSigningKeys(ghost.userId).body();
  answering(bridge, [], { user_signing_keys: { [ghost.userId]: user_signing_key } });
  assert.deepEqual((await bob.query(ghost.userId)).user_signing_keys, {});
  assert.deepEqual((await ghost.query(ghost.userId)).user_signing_keys, { [ghost.userId]: user_signing_key });
});

for (const [why, options, config] of [
  ["its registration opts out", { answersQueries: false }, {}],
  ["the config switches it off", {}, { compatibility: { msc3984: false } }],
  ["its namespace is not exclusive", { users: [{ exclusive: false, regex: "@bridge_.*:localhost" }] }, {}],
  ["it has no URL", { url: null }, {}],
] as const) {
  test(`Q5, Q6: an appservice is not asked for device keys when ${why}`, async (t) => {
    const { bridge, bob } = await openScene(t, options, config);
    const device = unheard();
    answering(bridge, [device]);
    assert.deepEqual((await bob.query(device.userId)).device_keys, { [device.userId]: {} });
    assert.equal(bridge.requestsTo("query").length, 0);
  });
}

test("Q5: an appservice is asked also when it, or another appservice, asks for its users", async (t) => {
  const [bridge, other] = [await startTestAppservice(), await startTestAppservice({ id: "other" })];
  const server = await startTestServer({ appservices: [bridge.registrationFile, other.registrationFile] });
  for (const appservice of [bridge, other]) afterTest(t, () => appservice.close());
  afterTest(t, () => server.close());
  const device = unheard();
  answering(bridge, [device]);
  const body = { device_keys: { [device.userId]: [] } };
  for (const asking of [bridge, other]) {
    const { body: answer } = await asking.request(server.url, "POST", "/keys/query", { body });
    assert.deepEqual(Object.keys(answer.device_keys[device.userId]), [device.deviceId]);
  }
});

test("Q6: queries at once share an answer, which a change of the user's devices ends", async (t) => {
  const { url, bridge, newGhost } = await openScene(t);
  const ghost = await newGhost();
  const clients = await Promise.all(["carol", "dave", "erin"].map((name) => newClient(url, name)));
  answering(bridge, [unheard("bridge_ghost", "FIRST")]);
  const release = bridge.hang("query");
  const asked = clients.flatMap((client) => [client.query(ghost.userId), client.query(ghost.userId)]);
  await bridge.until(() => bridge.requestsTo("query").length > 0);
  release();
  for (const { device_keys } of await Promise.all(asked)) {
    assert.deepEqual(Object.keys(device_keys[ghost.userId]), ["FIRST"]);
  }
  assert.equal(bridge.requestsTo("query").length, 1);
  answering(bridge, [unheard("bridge_ghost", "SECOND")]);
  await ghost.upload({ device_keys: ghost.keys.deviceKeys() });
  const { device_keys } = (await clients[0]?.query(ghost.userId)) ?? {};
  assert.deepEqual(Object.keys(device_keys[ghost.userId]).toSorted(), [ghost.deviceId, "SECOND"]);
});

test("Q6: an appservice that does not know the route is asked once, and queries are answered from what is here", async (t) => {
  const { bridge, bob, newGhost } = await openScene(t);
  const ghost = await newGhost();
  await ghost.upload({ device_keys: ghost.keys.deviceKeys() });
  for (let asked = 0; asked < 5; asked++) {
    assert.deepEqual(Object.keys((await bob.query(ghost.userId)).device_keys[ghost.userId]), [ghost.deviceId]);
  }
  assert.deepEqual(
    bridge.requestsTo("query").map(({ path }) => path),
    ["/_matrix/app/unstable/org.matrix.msc3984/keys/query", "/_matrix/app/v1/keys/query"],
  );
});

/** Bob with cross-signing keys, and the user of a bridge who has them there only. */
async function signingScene(t: Parameters<typeof openScene>[0]) {
  const scene = await openScene(t);
  const { url, bridge, bob } = scene;
  const [ofBob, ofGhost] = [new CrossSigningKeys(bob.userId), new CrossSigningKeys("@bridge_unheard:localhost")];
  await bob.upload({ device_keys: bob.keys.deviceKeys() });
  await bob.post("/keys/device_signing/upload", ofBob.body());
  answering(bridge, [unheard()], { master_keys: { [ofGhost.userId]: ofGhost.masterKey() } });
  const keyId = `ed25519:${ofBob.userSigning.publicKey}`;
  const sign = (object: object) => signed(object as never, bob.userId, keyId, ofBob.userSigning) as object;
  const upload = async (client: Client, key: string, object: object) =>
    (await client.post("/keys/signatures/upload", { [ofGhost.userId]: { [key]: object } })).body.failures;
  return { ...scene, carol: await newClient(url, "carol"), ofGhost, keyId, sign, upload };
}

test("X5, X6, Q3: a master key that only the appservice has can be signed, and the signer alone sees it", async (t) => {
  const { bob, carol, ofGhost, keyId, sign, upload } = await signingScene(t);
  const { userId } = ofGhost;
  const { next_batch: since } = await bob.sync();
  const { master_keys } = await bob.query(userId);
  assert.deepEqual(await upload(bob, ofGhost.master.publicKey, sign(master_keys[userId])), {});
  const seenBy = async (client: Client) => (await client.query(userId)).master_keys[userId].signatures;
  assert.deepEqual(Object.keys((await seenBy(bob))[bob.userId]), [keyId]);
  assert.equal(await seenBy(carol), undefined);
  assert.deepEqual((await bob.sync(since)).device_lists.changed, [userId]);
});

test("X5: what the appservice does not give cannot be signed, nor what differs from it, nor with a wrong signature", async (t) => {
  const { bob, ofGhost, sign, upload } = await signingScene(t);
  const { userId, master } = ofGhost;
  const other = new CrossSigningKeys(userId);
  const codeOf = async (key: string, object: object) => (await upload(bob, key, object))[userId][key].errcode;
  assert.equal(await codeOf(other.master.publicKey, sign(other.masterKey())), "M_NOT_FOUND");
  assert.equal(await codeOf(master.publicKey, sign({ ...ofGhost.masterKey(), more: true })), "M_UNKNOWN");
  const forged = sign({ ...ofGhost.masterKey(), usage: ["master"] }) as { signatures: Record<string, object> };
  const [keyId = ""] = Object.keys(forged.signatures[bob.userId] ?? {});
  forged.signatures[bob.userId] = { [keyId]: "A".repeat(86) };
  assert.equal(await codeOf(master.publicKey, forged), "M_INVALID_SIGNATURE");
  assert.equal(await codeOf("AWAY", sign(unheard().deviceKeys())), "M_NOT_FOUND", "a device of somebody else");
});

test("X5: while the appservice is away its master key cannot be signed, and nothing else suffers", async (t) => {
  const { bridge, bob, ofGhost, sign, upload } = await signingScene(t);
  await bridge.stop();
  const failures = await upload(bob, ofGhost.master.publicKey, sign(ofGhost.masterKey()));
  assert.equal(failures[ofGhost.userId][ofGhost.master.publicKey].errcode, "M_NOT_FOUND");
});
