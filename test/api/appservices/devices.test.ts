import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, newClient } from "../../support/client.ts";
import { shareRoom } from "../../support/share-room.ts";
import { CrossSigningKeys, KeyedDevice } from "../../support/signed-keys.ts";
import { login } from "../../support/test-server.ts";
import { bridgedDevice, bridgedUser, refusalOf, registration, serveBridges } from "./serve-bridges.ts";

const bridges = serveBridges();

/** A request of the appservice as one of its users. */
function ask(method: string, path: string, as: { userId: string; deviceId?: string; body?: unknown }): Promise<Answer> {
  return bridges.bridge.request(bridges.url, method, path, as);
}

async function devicesOf(userId: string): Promise<string[]> {
  const { devices } = (await ask("GET", "/devices", { userId })).body;
  return devices.map((device: { device_id: string }) => device.device_id);
}

const uploadKeys = (userId: string, body: object) => ask("POST", "/keys/device_signing/upload", { userId, body });

test("an appservice makes a device with PUT, and renames it with the next", async () => {
  const userId = await bridgedUser(bridges, "bridge_put");
  const made = await ask("PUT", "/devices/GHOST", { userId, body: { display_name: "Bridged" } });
  assert.deepEqual([made.status, made.body], [201, {}]);
  const { body } = await ask("GET", "/devices/GHOST", { userId });
  assert.deepEqual([body.display_name, body.last_seen_ip], ["Bridged", "127.0.0.1"]);
  const again = await ask("PUT", "/devices/GHOST", { userId, body: { display_name: "Renamed" } });
  assert.deepEqual([again.status, again.body], [200, {}]);
  assert.equal((await ask("PUT", "/devices/GHOST", { userId, body: {} })).status, 200);
  assert.equal((await ask("GET", "/devices/GHOST", { userId })).body.display_name, "Renamed");
});

test("a device that is made has no token, and a person makes none with PUT", async () => {
  const { url } = bridges;
  const person = await newClient(url, "putter");
  const refused = await person.request("PUT", "/devices/NEW", { display_name: "x" });
  assert.deepEqual(refusalOf(refused), [404, "M_NOT_FOUND"]);
  // The token of a user of the appservice is a person's.
  const { body } = await bridges.bridge.request(url, "POST", "/register", { body: registration("bridge_tokened") });
  const response = await fetch(`${url}/_matrix/client/v3/devices/NEW?user_id=${encodeURIComponent(body.user_id)}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${body.access_token}` },
    body: "{}",
  });
  assert.equal(response.status, 404);
});

test("devices that an appservice cannot make", async () => {
  const userId = await bridgedUser(bridges, "bridge_refused");
  const cases: [string, object, number, string][] = [
    ["/devices/%00", {}, 400, "M_INVALID_PARAM"],
    [`/devices/${"x".repeat(256)}`, {}, 400, "M_INVALID_PARAM"],
    ["/devices/LONG", { display_name: "x".repeat(257) }, 400, "M_TOO_LARGE"],
    ["/devices/NUL", { display_name: "\0" }, 400, "M_BAD_JSON"],
  ];
  for (const [path, body, status, errcode] of cases) {
    assert.deepEqual(refusalOf(await ask("PUT", path, { userId, body })), [status, errcode], path);
  }
  assert.deepEqual(await devicesOf(userId), []);
});

test("K11: a device cannot have the name of a cross-signing key", async () => {
  const userId = await bridgedUser(bridges, "bridge_named");
  const keys = new CrossSigningKeys(userId);
  assert.equal((await uploadKeys(userId, keys.body())).status, 200);
  const path = `/devices/${encodeURIComponent(keys.master.publicKey)}`;
  assert.deepEqual(refusalOf(await ask("PUT", path, { userId, body: {} })), [400, "M_INVALID_PARAM"]);
});

test("of 20 requests at once that make one device exactly one has made it", async () => {
  const userId = await bridgedUser(bridges, "bridge_raced");
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      ask("PUT", "/devices/RACED", { userId, body: { display_name: `Name ${index}` } }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array(19).fill(200), 201]);
  assert.deepEqual(await devicesOf(userId), ["RACED"]);
});

test("a device goes without authentication, and whoever acted as it is told", async () => {
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_delete");
  const keys = new KeyedDevice({ userId, deviceId });
  await ask("POST", "/keys/upload", { userId, deviceId, body: { device_keys: keys.deviceKeys() } });
  const gone = await ask("DELETE", `/devices/${deviceId}`, { userId });
  assert.deepEqual([gone.status, gone.body], [200, {}]);
  assert.deepEqual(refusalOf(await ask("GET", "/account/whoami", { userId, deviceId })), [400, "M_UNKNOWN_DEVICE"]);
  const person = await newClient(bridges.url, "delete_watcher");
  assert.deepEqual((await person.query(userId)).device_keys, { [userId]: {} });
  assert.equal((await ask("DELETE", `/devices/${deviceId}`, { userId })).status, 200);
});

test("several devices go at once without authentication, and no other's", async () => {
  const userId = await bridgedUser(bridges, "bridge_delete_many");
  for (const name of ["A", "B", "C"]) await ask("PUT", `/devices/${name}`, { userId, body: {} });
  const other = await bridgedDevice(bridges, "bridge_keep", "A");
  const gone = await ask("POST", "/delete_devices", { userId, body: { devices: ["A", "C", "NONE"] } });
  assert.deepEqual([gone.status, gone.body], [200, {}]);
  assert.deepEqual(await devicesOf(userId), ["B"]);
  assert.deepEqual(await devicesOf(other.userId), ["A"]);
});

test("a log-out ends the device that it is made as; without one there is nothing to end", async () => {
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_logout");
  await ask("PUT", "/devices/STAYS", { userId, body: {} });
  assert.deepEqual(refusalOf(await ask("POST", "/logout", { userId })), [400, "M_MISSING_PARAM"]);
  assert.equal((await ask("POST", "/logout", { userId, deviceId })).status, 200);
  assert.deepEqual(await devicesOf(userId), ["STAYS"]);
  await ask("PUT", "/devices/SECOND", { userId, body: {} });
  assert.equal((await ask("POST", "/logout/all", { userId })).status, 200);
  assert.deepEqual(await devicesOf(userId), []);
  assert.equal((await ask("GET", "/account/whoami", { userId })).status, 200);
});

test("account management is for persons: an appservice sets no password", async () => {
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_password");
  const body = { new_password: "secret", auth: { type: "m.login.dummy" } };
  const refused = await ask("POST", "/account/password", { userId, deviceId, body });
  assert.deepEqual(refusalOf(refused), [403, "M_FORBIDDEN"]);
});

test("with a token of its own an appservice's user authenticates itself as anybody does", async () => {
  const { url, open } = bridges;
  const person = await newClient(url, "open_person");
  await login(url, "open_person", undefined, "LAPTOP");
  assert.equal((await person.request("DELETE", "/devices/LAPTOP", {})).status, 401);
  const bridged = await open.request(url, "DELETE", "/devices/LAPTOP", { userId: person.userId });
  assert.equal(bridged.status, 200);
});

test("X3: an appservice's keys are looked at as anybody's", async () => {
  const userId = await bridgedUser(bridges, "bridge_unsigned");
  const [keys, others] = [new CrossSigningKeys(userId), new CrossSigningKeys(userId)];
  await uploadKeys(userId, keys.body());
  const foreign = await uploadKeys(userId, { self_signing_key: others.body().self_signing_key });
  assert.deepEqual(refusalOf(foreign), [400, "M_INVALID_SIGNATURE"]);
  const wrong = { ...others.masterKey(), usage: ["self_signing"] };
  assert.deepEqual(refusalOf(await uploadKeys(userId, { master_key: wrong })), [400, "M_INVALID_PARAM"]);
});

test("X2: of an appservice's uploads at once the last one stands, whole", async () => {
  const userId = await bridgedUser(bridges, "bridge_raced_keys");
  const all = Array.from({ length: 8 }, () => new CrossSigningKeys(userId));
  const statuses = await Promise.all(all.map(async (keys) => (await uploadKeys(userId, keys.body())).status));
  assert.deepEqual(statuses, Array(8).fill(200));
  const { body } = await ask("POST", "/keys/query", { userId, body: { device_keys: { [userId]: [] } } });
  const stored = all.find(({ master }) => `ed25519:${master.publicKey}` in body.master_keys[userId].keys);
  const { selfSigning, userSigning } = stored ?? assert.fail("no master key is one that was sent");
  assert.ok(`ed25519:${selfSigning.publicKey}` in body.self_signing_keys[userId].keys);
  assert.ok(`ed25519:${userSigning.publicKey}` in body.user_signing_keys[userId].keys);
});

test("X6: whoever shares a room with an appservice's user hears of each of its devices, with keys here or without", async () => {
  const userId = await bridgedUser(bridges, "bridge_seen");
  const alice = await newClient(bridges.url, "x6-alice");
  const roomId = await shareRoom(alice);
  assert.equal((await ask("POST", `/join/${encodeURIComponent(roomId)}`, { userId, body: {} })).status, 200);
  let since = (await alice.sync()).next_batch as string;
  for (const change of [
    () => ask("PUT", "/devices/SECOND", { userId, body: {} }),
    () => ask("PUT", "/devices/SECOND", { userId, body: { display_name: "Second" } }),
    () => ask("DELETE", "/devices/SECOND", { userId }),
  ]) {
    await change();
    const { device_lists, next_batch } = await alice.sync(since);
    assert.deepEqual(device_lists?.changed, [userId]);
    since = next_batch;
  }
});
