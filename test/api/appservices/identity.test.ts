import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedFetch } from "../../openapi/checking-fetch.ts";
import { newClient } from "../../support/client.ts";
import { KeyedDevice } from "../../support/signed-keys.ts";
import { login, registerUser } from "../../support/test-server.ts";
import { bridgedDevice, bridgedUser, refusalOf, registration, serveBridges } from "./serve-bridges.ts";

const bridges = serveBridges();

/** GET /account/whoami with a token and a query, as they stand. */
async function whoami(token: string, query: string, inQuery = false) {
  const path = `${bridges.url}/_matrix/client/v3/account/whoami?${query}`;
  const response = inQuery
    ? await checkedFetch(`${path}&access_token=${token}`)
    : await checkedFetch(path, { headers: { authorization: `Bearer ${token}` } });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, string>,
    headers: response.headers,
  };
}

const asToken = () => bridges.bridge.registration.asToken;

test("without a user_id an appservice is its sender, which nobody had to register", async () => {
  const { status, body } = await whoami(asToken(), "");
  assert.deepEqual([status, body], [200, { user_id: "@bridgebot:localhost", is_guest: false }]);
  assert.equal((await whoami(asToken(), "", true)).body["user_id"], "@bridgebot:localhost");
});

test("with a user_id it is that user, with a device_id on that device", async () => {
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_whoami");
  for (const prefix of ["", "org.matrix.msc3202."]) {
    const user = `${prefix}user_id=${encodeURIComponent(userId)}`;
    assert.deepEqual((await whoami(asToken(), user)).body, { user_id: userId, is_guest: false });
    assert.deepEqual((await whoami(asToken(), `${user}&${prefix}device_id=${deviceId}`)).body, {
      ...{ user_id: userId, device_id: deviceId, is_guest: false },
    });
  }
});

test("a stable name stands above its draft's", async () => {
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_drafts");
  const query = new URLSearchParams({
    ...{ user_id: userId, "org.matrix.msc3202.user_id": "@bridge_nobody:localhost" },
    ...{ device_id: deviceId, "org.matrix.msc3202.device_id": "NONE" },
  });
  assert.deepEqual((await whoami(asToken(), query.toString())).body, {
    ...{ user_id: userId, device_id: deviceId, is_guest: false },
  });
});

test("a device_id alone is one of the sender's", async () => {
  const { url, bridge } = bridges;
  const ask = () => bridge.request(url, "GET", "/account/whoami", { deviceId: "BOT" });
  assert.deepEqual(refusalOf(await ask()), [400, "M_UNKNOWN_DEVICE"]);
  await bridge.request(url, "PUT", "/devices/BOT", { body: {} });
  assert.deepEqual((await ask()).body, { user_id: "@bridgebot:localhost", device_id: "BOT", is_guest: false });
});

test("users that it does not cover, or has not registered, are refused", async () => {
  await registerUser(bridges.url, "person");
  const cases: [string, number, string][] = [
    ["@person:localhost", 403, "M_FORBIDDEN"],
    // Patterns begin where the id begins.
    ["@@bridge_x:localhost", 403, "M_FORBIDDEN"],
    ["@xbridge_x:localhost", 403, "M_FORBIDDEN"],
    // A pattern that names no server is about this one all the same.
    ["@prefix_x:elsewhere.org", 403, "M_FORBIDDEN"],
    ["@openbot:localhost", 403, "M_FORBIDDEN"],
    ["@bridge_never_registered:localhost", 403, "M_FORBIDDEN"],
    ["bridge_x", 400, "M_INVALID_PARAM"],
    ["@bridge_x", 400, "M_INVALID_PARAM"],
    ["", 400, "M_INVALID_PARAM"],
  ];
  for (const [userId, status, errcode] of cases) {
    const answer = await whoami(asToken(), new URLSearchParams({ user_id: userId }).toString());
    assert.deepEqual(refusalOf(answer), [status, errcode], userId);
  }
});

test("a pattern that ends early covers whatever follows", async () => {
  const userId = await bridgedUser(bridges, "prefix_and.more");
  assert.equal((await whoami(asToken(), new URLSearchParams({ user_id: userId }).toString())).body["user_id"], userId);
});

test("in a namespace that is shared it acts as its users and as persons", async () => {
  const { url, open } = bridges;
  const person = await registerUser(url, "open_person");
  const { body } = await open.request(url, "GET", "/account/whoami", {
    ...{ userId: person.userId, deviceId: person.deviceId },
  });
  assert.deepEqual(body, { user_id: person.userId, device_id: person.deviceId, is_guest: false });
});

test("a deactivated user is refused", async () => {
  const { url, bridge } = bridges;
  const userId = await bridgedUser(bridges, "bridge_gone");
  const gone = await bridge.request(url, "POST", "/account/deactivate", { userId, body: {} });
  assert.deepEqual([gone.status, gone.body], [200, { id_server_unbind_result: "success" }]);
  assert.deepEqual(refusalOf(await bridge.request(url, "GET", "/account/whoami", { userId })), [403, "M_FORBIDDEN"]);
  const again = await bridge.request(url, "POST", "/register", { body: registration("bridge_gone") });
  assert.deepEqual(refusalOf(again), [400, "M_USER_IN_USE"]);
});

test("an unknown device is refused, and so is another user's", async () => {
  const { userId } = await bridgedDevice(bridges, "bridge_devices", "MINE");
  await bridgedDevice(bridges, "bridge_others", "YOURS");
  for (const deviceId of ["NONE", "YOURS", "", "x".repeat(256), "\0", "\ud83d"]) {
    const query = `user_id=${encodeURIComponent(userId)}&device_id=${encodeURIComponent(deviceId.toWellFormed())}`;
    assert.deepEqual(refusalOf(await whoami(asToken(), query)), [400, "M_UNKNOWN_DEVICE"], deviceId);
  }
});

test("a parameter that is given twice is refused", async () => {
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_twice");
  const user = `user_id=${encodeURIComponent(userId)}`;
  for (const query of [
    `${user}&${user}`,
    `${user}&device_id=${deviceId}&device_id=${deviceId}`,
    `org.matrix.msc3202.${user}&org.matrix.msc3202.${user}`,
  ]) {
    assert.deepEqual(refusalOf(await whoami(asToken(), query)), [400, "M_INVALID_PARAM"], query);
  }
});

test("for the token of a person user_id and device_id mean nothing", async () => {
  const { url } = bridges;
  const person = await newClient(url, "ordinary");
  const other = await registerUser(url, "other");
  await login(url, "ordinary", undefined, "LAPTOP");
  const own = { user_id: person.userId, device_id: person.deviceId, is_guest: false };
  for (const query of [
    `user_id=${encodeURIComponent(other.userId)}&device_id=${other.deviceId}`,
    "device_id=LAPTOP",
    "org.matrix.msc3202.device_id=LAPTOP",
    "user_id=a&user_id=b&device_id=c&device_id=d",
  ]) {
    assert.deepEqual((await whoami(person.account.accessToken, query)).body, own, query);
  }
});

test("E1: tokens that are nobody's are refused as ever", async () => {
  assert.deepEqual(refusalOf(await whoami(`${asToken()}x`, "")), [401, "M_UNKNOWN_TOKEN"]);
  assert.deepEqual(refusalOf(await whoami(bridges.bridge.registration.hsToken, "")), [401, "M_UNKNOWN_TOKEN"]);
});

test("K2: with a device an appservice uploads keys, without one it is told to name it", async () => {
  const { url, bridge } = bridges;
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_keys");
  const keys = new KeyedDevice({ userId, deviceId });
  const body = {
    device_keys: keys.deviceKeys(),
    one_time_keys: keys.oneTimeKeys(2),
    fallback_keys: keys.fallbackKey(),
  };
  const without = await bridge.request(url, "POST", "/keys/upload", { userId, body });
  assert.deepEqual(refusalOf(without), [400, "M_MISSING_PARAM"]);
  const upload = await bridge.request(url, "POST", "/keys/upload", { userId, deviceId, body });
  assert.deepEqual([upload.status, upload.body], [200, { one_time_key_counts: { signed_curve25519: 2 } }]);
  const person = await newClient(url, "keys_person");
  assert.ok((await person.query(userId)).device_keys[userId][deviceId]);
  assert.ok(await person.claim(userId, deviceId));
  const synced = await bridge.request(url, "GET", "/sync?timeout=0", { userId, deviceId });
  assert.deepEqual(synced.body.device_one_time_keys_count, { signed_curve25519: 1 });
});

test("a device is noted as seen when an appservice acts as it", async () => {
  const { url, bridge } = bridges;
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_seen");
  await bridge.request(url, "GET", "/account/whoami", { userId, deviceId });
  const { body } = await bridge.request(url, "GET", `/devices/${deviceId}`, { userId });
  assert.equal(body.last_seen_ip, "127.0.0.1");
});

test("an appservice cannot end its own user, without which it could do nothing", async () => {
  const { bridge, url } = bridges;
  const refused = await bridge.request(url, "POST", "/account/deactivate", { body: {} });
  assert.deepEqual(refusalOf(refused), [403, "M_FORBIDDEN"]);
  assert.equal((await bridge.request(url, "GET", "/account/whoami", {})).status, 200);
});
