import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, Client, newClient } from "../support/client.ts";
import { CrossSigningKeys, curve25519 } from "../support/signed-keys.ts";
import { login, registerUser, startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let alice: Client;
let userId: string;

before(async () => {
  server = await startTestServer();
  alice = await newClient(server.url, "alice");
  userId = alice.userId;
});
after(() => server.close());

/** Names that JSON can carry and an index of a database cannot. */
const inJson = ["a\0b", "\0", "a\ud800b", "\udc00", "x".repeat(256), "é".repeat(128), "鍵".repeat(255)];
/** Those that a path can carry. */
const inPath = inJson.filter((text) => text.isWellFormed());

const loginBody = () => ({
  type: "m.login.password",
  identifier: { type: "m.id.user", user: "alice" },
  password: "alice-password",
});

/** What all of alice's requests together have left here. */
async function state(): Promise<string> {
  const { account_data, to_device, device_one_time_keys_count, device_unused_fallback_key_types } = await alice.sync();
  const { devices } = (await alice.get("/devices")).body;
  const names = devices.map((device: Record<string, unknown>) => [device["device_id"], device["display_name"]]);
  const waiting = { account_data, to_device, device_one_time_keys_count, device_unused_fallback_key_types };
  return JSON.stringify([names, waiting, await alice.query(userId)]);
}

async function refuses(
  errcode: string,
  texts: readonly string[],
  ...requests: ((text: string) => Promise<Answer>)[]
): Promise<void> {
  const stateBefore = await state();
  for (const request of requests) {
    for (const text of texts) {
      const { status, body } = await request(text);
      assert.deepEqual([status, body.errcode], [400, errcode], `${request} ${JSON.stringify(text)}`);
      assert.ok(JSON.stringify(body).length < 1000);
    }
  }
  assert.equal(await state(), stateBefore);
}

test("E2: no device has an id or a display name that no database could keep", async () => {
  const put = (id: string, name: string) =>
    alice.request("PUT", `/devices/${encodeURIComponent(id)}`, { display_name: name });
  await refuses("M_INVALID_PARAM", inJson, (text) => alice.post("/login", { ...loginBody(), device_id: text }));
  const account = { username: "nobody", password: "p", auth: { type: "m.login.dummy" } };
  await refuses("M_INVALID_PARAM", inJson, (text) => alice.post("/register", { ...account, device_id: text }));
  assert.equal((await alice.get("/register/available?username=nobody")).status, 200);
  await refuses(
    "M_INVALID_PARAM",
    inPath,
    (text) => alice.get(`/devices/${encodeURIComponent(text)}`),
    (text) => put(text, "name"),
  );
  await refuses(
    "M_BAD_JSON",
    ["a\0b", "\0", "a\ud800b"],
    (text) => put(alice.deviceId, text),
    (text) => alice.post("/login", { ...loginBody(), initial_device_display_name: text }),
  );
  await refuses("M_TOO_LARGE", ["x".repeat(257)], (text) => put(alice.deviceId, text));
});

test("E2: no user has a name that no database could keep", async () => {
  await refuses("M_INVALID_USERNAME", inJson, (username) => alice.post("/register", { username, password: "p" }));
  for (const user of [...inJson, ...inJson.map((text) => `@${text}:localhost`)]) {
    const answer = await alice.post("/login", { ...loginBody(), identifier: { type: "m.id.user", user } });
    assert.deepEqual([answer.status, answer.body.errcode], [403, "M_FORBIDDEN"], JSON.stringify(user));
  }
});

test("E2: messages are sent under names that a database can keep, or not at all", async () => {
  await refuses(
    "M_INVALID_PARAM",
    inPath,
    (text) => alice.send(text, "1", { [userId]: { "*": {} } }),
    (text) => alice.send("m.test", text, { [userId]: { "*": {} } }),
  );
  await refuses(
    "M_INVALID_PARAM",
    inJson,
    (text) => alice.send("m.test", "1", { [userId]: { "*": {} }, [`@${text}:localhost`]: { "*": {} } }),
    (text) => alice.send("m.test", "1", { [userId]: { "*": {}, [text]: {} } }),
  );
});

test("E2: account data has types that a database can keep", async () => {
  await refuses("M_INVALID_PARAM", inPath, (text) =>
    alice.request("PUT", `/user/${userId}/account_data/${encodeURIComponent(text)}`, {}),
  );
});

test("C5, E2: the database is asked for no user, device or algorithm that it could not hold", async () => {
  await refuses(
    "M_INVALID_PARAM",
    inJson,
    (text) => alice.post("/keys/query", { device_keys: { [`@${text}:localhost`]: [] } }),
    (text) => alice.post("/keys/query", { device_keys: { [userId]: [text] } }),
    (text) => alice.post("/keys/claim", { one_time_keys: { [`@${text}:localhost`]: { A: "signed_curve25519" } } }),
    (text) => alice.post("/keys/claim", { one_time_keys: { [userId]: { [text]: "signed_curve25519" } } }),
    (text) => alice.post("/keys/claim", { one_time_keys: { [userId]: { [alice.deviceId]: text } } }),
    (text) => alice.post("/keys/signatures/upload", { [`@${text}:localhost`]: {} }),
    (text) => alice.post("/keys/signatures/upload", { [userId]: { [text]: {} } }),
  );
});

test("K2, E2: no key has an id or a public key that no database could keep", async () => {
  const { keys } = alice;
  const deviceKeys = keys.deviceKeys();
  const withKey = (id: string, key: string) => ({ ...deviceKeys, keys: { ...deviceKeys.keys, [id]: key } });
  await refuses(
    "M_BAD_JSON",
    inJson,
    (text) => alice.upload({ device_keys: withKey(`${text}:A`, "k") }),
    (text) => alice.upload({ device_keys: withKey(`a:${text}`, "k") }),
    (text) => alice.upload({ device_keys: { ...deviceKeys, device_id: text } }),
    (text) => alice.upload({ device_keys: { ...deviceKeys, user_id: `@${text}:localhost` } }),
    (text) => alice.upload({ one_time_keys: { "curve25519:A": curve25519(), [`${text}:A`]: curve25519() } }),
    (text) => alice.upload({ one_time_keys: { "curve25519:A": curve25519(), [`a:${text}`]: curve25519() } }),
    (text) => alice.upload({ fallback_keys: { "curve25519:A": curve25519(), [`${text}:A`]: curve25519() } }),
    (text) => alice.upload({ fallback_keys: { "curve25519:A": curve25519(), [`a:${text}`]: curve25519() } }),
  );
  await refuses(
    "M_BAD_JSON",
    ["a\0b", "\0", "a\ud800b"],
    (text) => alice.upload({ device_keys: withKey(`ed25519:${alice.deviceId}`, text) }),
    (text) => alice.upload({ device_keys: withKey(`curve25519:${alice.deviceId}`, text) }),
    (text) => alice.upload({ one_time_keys: { "curve25519:A": text } }),
    (text) => alice.upload({ one_time_keys: { "signed_curve25519:A": { key: text, signatures: {} } } }),
    (text) => alice.upload({ fallback_keys: { "signed_curve25519:A": { key: text, signatures: {} } } }),
  );
  const master = new CrossSigningKeys(userId).masterKey();
  await refuses("M_INVALID_PARAM", inJson, (text) =>
    alice.post("/keys/device_signing/upload", { master_key: { ...master, keys: { [`ed25519:${text}`]: text } } }),
  );
});

test("what no database could hold is not there", async () => {
  for (const text of inPath) {
    const name = encodeURIComponent(text);
    for (const path of [`/user/${userId}/account_data/${name}`, `/user/${userId}/filter/${name}`]) {
      const { status, body } = await alice.get(path);
      assert.deepEqual([status, body.errcode], [404, "M_NOT_FOUND"], path);
    }
    const { status, body } = await alice.get(`/sync?filter=${name}`);
    assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"]);
  }
});

test("NUL in JSON is kept, for it is stored as an escape", async () => {
  const bob = await newClient(server.url, "bob");
  const content = { "a\0b": ["\0", "\\u0000"] };
  const get = async (path: string) => (await bob.get(`/user/${bob.userId}${path}`)).body;
  await bob.request("PUT", `/user/${bob.userId}/account_data/m.test`, content);
  assert.deepEqual(await get("/account_data/m.test"), content);
  const { filter_id } = (await bob.post(`/user/${bob.userId}/filter`, content)).body;
  assert.deepEqual(await get(`/filter/${filter_id}`), content);
  await bob.send("m.test", "1", { [bob.userId]: { "*": content } });
  assert.deepEqual((await bob.sync()).to_device.events[0].content, content);
  const key = bob.keys.sign({ key: curve25519(), ...content });
  const device_keys = bob.keys.sign({ ...bob.keys.deviceKeys(), ...content });
  assert.equal((await bob.upload({ device_keys, one_time_keys: { "signed_curve25519:A": key } })).status, 200);
  assert.deepEqual(await bob.claim(bob.userId, bob.deviceId), ["signed_curve25519:A", key]);
  assert.deepEqual((await bob.query(bob.userId)).device_keys[bob.userId][bob.deviceId], {
    ...device_keys,
    unsigned: {},
  });
});

test("the longest names are kept, and used in every way", async () => {
  await registerUser(server.url, "carol");
  const deviceId = `${"é".repeat(120)}long`;
  const carol = new Client(server.url, await login(server.url, "carol", "carol-password", deviceId));
  const longest = `${"鍵".repeat(84)}abc`;
  assert.equal((await carol.upload({ device_keys: carol.keys.deviceKeys() })).status, 200);
  const algorithm = `${"鍵".repeat(84)}a`;
  const keys = { [`${algorithm}:A`]: curve25519() };
  assert.equal((await carol.upload({ one_time_keys: keys, fallback_keys: keys })).status, 200);
  assert.equal((await carol.claim(carol.userId, deviceId, algorithm))?.[0], `${algorithm}:A`);
  await carol.request("PUT", `/user/${carol.userId}/account_data/${encodeURIComponent(longest)}`, {});
  assert.equal((await carol.send(longest, longest, { [carol.userId]: { [deviceId]: {} } })).status, 200);
  const { account_data, to_device } = await carol.sync();
  assert.deepEqual([account_data.events.at(-1).type, to_device.events[0].type], [longest, longest]);
});

test("E2: a proxy's header that names no address stands for the proxy", async () => {
  const seenFrom = async (address: string) => {
    const headers = { "x-forwarded-for": address };
    const login = { method: "POST", headers, body: JSON.stringify(loginBody()) };
    const answer = await fetch(`${server.url}/_matrix/client/v3/login`, login);
    const { device_id } = (await answer.json()) as Record<string, string>;
    return (await alice.get(`/devices/${device_id}`)).body.last_seen_ip;
  };
  for (const text of ["x".repeat(10_000), "é", "192.0.2.1:80", "1.2.3", `fe80${":".repeat(3000)}`, "unknown"]) {
    assert.equal(await seenFrom(text), "127.0.0.1", text.slice(0, 20));
  }
  assert.equal(await seenFrom(`fe80::1%${"x".repeat(10_000)}`), "fe80::1");
  assert.equal(await seenFrom("2001:db8::7"), "2001:db8::7");
});
