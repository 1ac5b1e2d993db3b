import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { seededServer } from "../races/seeded-server.ts";
import { Client, newClient } from "../support/client.ts";
import { CrossSigningKeys, curve25519 } from "../support/signed-keys.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

async function assertTooLarge(answer: Promise<{ status: number; body: { errcode?: string } }>): Promise<void> {
  const { status, body } = await answer;
  assert.deepEqual([status, body.errcode], [400, "M_TOO_LARGE"], JSON.stringify(body));
}

const text = (length: number) => "x".repeat(length);

test("what everybody fetches who asks for a user is bounded", async () => {
  const alice = await newClient(server.url, "alice");
  const { keys, userId } = alice;
  await assertTooLarge(alice.upload({ device_keys: keys.sign({ ...keys.deviceKeys(), x: text(70_000) }) }));
  await assertTooLarge(
    alice.upload({ one_time_keys: { "signed_curve25519:A": keys.sign({ key: "k", x: text(17_000) }) } }),
  );
  await assertTooLarge(alice.upload({ fallback_keys: { "signed_curve25519:A": keys.sign({ key: text(17_000) }) } }));
  const crossSigning = new CrossSigningKeys(userId);
  const master = { ...crossSigning.masterKey(), x: text(70_000) };
  await assertTooLarge(alice.post("/keys/device_signing/upload", { master_key: master }));
  const found = await alice.query(userId);
  assert.deepEqual([found.device_keys, found.master_keys], [{ [userId]: {} }, {}]);
  assert.deepEqual((await alice.sync()).device_one_time_keys_count, { signed_curve25519: 0 });
});

test("K7: a device has fallback keys of 50 algorithms at most, however many requests it makes", async () => {
  const bob = await newClient(server.url, "bob");
  const fallbackKeys = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`algorithm${from + n}:A`, curve25519()]));
  await assertTooLarge(bob.upload({ fallback_keys: fallbackKeys(0, 51) }));
  assert.equal((await bob.upload({ fallback_keys: fallbackKeys(0, 50) })).status, 200);
  await assertTooLarge(bob.upload({ fallback_keys: fallbackKeys(50, 1) }));
  assert.equal((await bob.upload({ fallback_keys: fallbackKeys(0, 50) })).status, 200, "new keys replace the old ones");
  assert.equal((await bob.sync()).device_unused_fallback_key_types.length, 50);
});

test("K3, K6: a request may repeat all keys of a full pool, and not many times more", async () => {
  const carol = await newClient(server.url, "carol");
  const keys = carol.keys.oneTimeKeys(500);
  for (let time = 0; time < 2; time++) {
    const { status, body } = await carol.upload({ one_time_keys: keys });
    assert.deepEqual([status, body.one_time_key_counts], [200, { signed_curve25519: 500 }]);
  }
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`curve25519:${n}`, "the same"]));
  await assertTooLarge(carol.upload({ one_time_keys: many }));
});

test("a message to all devices of a user is stored for each of them only up to a limit", async () => {
  const dave = await newClient(server.url, "dave");
  const mallory = await newClient(server.url, "mallory");
  await assertTooLarge(mallory.send("m.test", "1", { [dave.userId]: { "*": { x: text(66_000) } } }));
  const contents = Object.fromEntries(
    Array.from({ length: 14 }, (_, n) => [n === 0 ? "*" : `NONE${n}`, { x: text(60_000) }]),
  );
  assert.equal((await mallory.send("m.test", "2", { [dave.userId]: contents })).status, 200, "to one device");
  const users = Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [`@${n}:localhost`, {}]));
  await assertTooLarge(mallory.send("m.test", "3", users));
  assert.equal((await dave.sync()).to_device.events.length, 1);
});

test("a message that would fill too many inboxes is refused as a whole, and its transaction can be sent again", async (t) => {
  const devices = await seededServer(t, ["erin A", ...Array.from({ length: 299 }, (_, n) => `erin D${n}`)]);
  const [erin] = devices;
  assert.ok(erin);
  await assertTooLarge(erin.send("m.test", "1", { [erin.userId]: { "*": { x: text(60_000) } } }));
  assert.deepEqual((await erin.sync()).to_device.events, []);
  assert.equal((await erin.send("m.test", "1", { [erin.userId]: { "*": { x: text(600) } } })).status, 200);
  for (const device of devices) assert.equal((await device.sync()).to_device.events.length, 1);
});

test("account data of one user is bounded as a whole", async () => {
  const frank = await newClient(server.url, "frank");
  const put = (type: string, length: number) =>
    frank.request("PUT", `/user/${frank.userId}/account_data/${type}`, { x: text(length) });
  for (let n = 0; n < 10; n++) assert.equal((await put(`type${n}`, 1_040_000)).status, 200);
  await assertTooLarge(put("one-more", 200_000));
  assert.equal((await put("type9", 1_040_000)).status, 200, "what is there is replaced");
  assert.equal((await frank.get(`/user/${frank.userId}/account_data/one-more`)).status, 404);
});

test("a filter is bounded", async () => {
  const grace = await newClient(server.url, "grace");
  const define = (filter: object) => grace.post(`/user/${grace.userId}/filter`, filter);
  await assertTooLarge(define({ room: { rooms: [`!${text(70_000)}`] } }));
  await assertTooLarge(define({ account_data: { types: ["*".repeat(600)] } }));
  await assertTooLarge(
    grace.get(`/sync?filter=${encodeURIComponent(`{"account_data":{"types":["${"*".repeat(600)}"]}}`)}`),
  );
  await assertTooLarge(define({ event_fields: [".".repeat(1000)] }));
  assert.equal(
    (await define({ account_data: { types: Array.from({ length: 100 }, (_, n) => `m.${n}.*`) } })).status,
    200,
  );
});

test("K9: fixed identity keys cannot be replaced in two steps either", async (t) => {
  const strict = await startTestServer({ keys: { identity_keys: "fixed" } });
  t.after(() => strict.close());
  const alice = await newClient(strict.url, "alice");
  const original = alice.keys.deviceKeys();
  await alice.upload({ device_keys: original });
  const without = await alice.upload({ device_keys: { ...original, keys: {}, signatures: {} } });
  assert.deepEqual([without.status, without.body.errcode], [400, "M_UNKNOWN"]);
  const other = new Client(strict.url, alice.account).keys.deviceKeys();
  assert.equal((await alice.upload({ device_keys: other })).body.errcode, "M_UNKNOWN");
  const found = (await alice.query(alice.userId)).device_keys[alice.userId][alice.deviceId];
  assert.deepEqual(found.keys, original.keys);
});
