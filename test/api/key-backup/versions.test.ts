import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, Client as DeviceClient, newClient } from "../../support/client.ts";
import { login, startTestServer, type TestServer } from "../../support/test-server.ts";
import { algorithm, assertRefused, authData, keysPath, newBackup, putKey, room, stateOf } from "./backups.ts";

let server: TestServer;
let users = 0;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

const newUser = (): Promise<Client> => newClient(server.url, `user${users++}`);

test("without a backup there is no version, and no keys are taken or given", async () => {
  const alice = await newUser();
  await assertRefused(alice.get("/room_keys/version"), 404, "M_NOT_FOUND");
  for (const version of ["1", "0", "01", "-1", "1e3", "x", "%00", "9".repeat(40), ""]) {
    if (version !== "") await assertRefused(alice.get(`/room_keys/version/${version}`), 404, "M_NOT_FOUND");
    await assertRefused(alice.get(keysPath(version)), 404, "M_NOT_FOUND");
    await assertRefused(alice.request("PUT", keysPath(version), { rooms: {} }), 404, "M_NOT_FOUND");
    await assertRefused(alice.request("DELETE", keysPath(version)), 404, "M_NOT_FOUND");
  }
  await assertRefused(alice.get("/room_keys/keys"), 400, "M_MISSING_PARAM");
  await assertRefused(alice.get("/room_keys/keys?version=1&version=2"), 400, "M_INVALID_PARAM");
});

test("a backup is given back as it was made, to every device of its user and to nobody else", async () => {
  const name = `user${users}`;
  const alice = await newUser();
  const laptop = new DeviceClient(server.url, await login(server.url, name));
  const odd = { ...authData, "": [1.5, null, { "\u0000é": "\ud83d\ude00" }], iterations: 500_000 };
  const made = await alice.post("/room_keys/version", { algorithm, auth_data: odd });
  assert.deepEqual([made.status, made.body], [200, { version: "1" }]);
  for (const path of ["/room_keys/version", "/room_keys/version/1"]) {
    const { status, body } = await laptop.get(path);
    assert.equal(status, 200);
    assert.deepEqual(
      { ...body, etag: typeof body.etag },
      { algorithm, auth_data: odd, count: 0, etag: "string", version: "1" },
    );
  }
  await assertRefused((await newUser()).get("/room_keys/version/1"), 404, "M_NOT_FOUND");
});

test("B1: versions rise, the last is the current one, and one that is deleted makes room for the one before", async () => {
  const alice = await newUser();
  assert.deepEqual([await newBackup(alice), await newBackup(alice), await newBackup(alice)], ["1", "2", "3"]);
  const current = async () => (await alice.get("/room_keys/version")).body.version;
  assert.equal(await current(), "3");
  assert.equal((await alice.request("DELETE", "/room_keys/version/3")).status, 200);
  assert.equal(await current(), "2");
  assert.equal((await alice.request("DELETE", "/room_keys/version/1")).status, 200);
  assert.equal(await current(), "2");
  assert.equal(await newBackup(alice), "4", "the number of a deleted version is never given again");
  for (const version of ["2", "4"]) await alice.request("DELETE", `/room_keys/version/${version}`);
  await assertRefused(alice.get("/room_keys/version"), 404, "M_NOT_FOUND");
  assert.equal(await newBackup(alice), "5");
});

test("B5: deleting twice succeeds, deleting what never was is 404", async () => {
  const alice = await newUser();
  await assertRefused(alice.request("DELETE", "/room_keys/version/1"), 404, "M_NOT_FOUND");
  const version = await newBackup(alice);
  for (let time = 0; time < 2; time++) {
    const { status, body } = await alice.request("DELETE", `/room_keys/version/${version}`);
    assert.deepEqual([status, body], [200, {}]);
  }
  for (const unknown of ["2", "x", "01"]) {
    await assertRefused(alice.request("DELETE", `/room_keys/version/${unknown}`), 404, "M_NOT_FOUND");
  }
});

test("B5: a deleted version has no keys any more", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  await putKey(alice, version, "S");
  await alice.request("DELETE", `/room_keys/version/${version}`);
  for (const path of [keysPath(version), keysPath(version, room), keysPath(version, room, "S")]) {
    for (const method of ["GET", "DELETE"]) await assertRefused(alice.request(method, path), 404, "M_NOT_FOUND");
  }
  const next = await newBackup(alice);
  assert.deepEqual((await alice.get(keysPath(next))).body, { rooms: {} });
});

test("auth_data is replaced, the algorithm never, and the keys stay as they are", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  const state = await putKey(alice, version, "S");
  const path = `/room_keys/version/${version}`;
  const put = (body: object) => alice.request("PUT", path, body);
  const signed = { public_key: "abcdefg", signatures: { [alice.userId]: { "ed25519:NEW": "signature" } } };
  assert.deepEqual((await put({ algorithm, auth_data: signed, version })).body, {});
  assert.deepEqual((await alice.get(path)).body, { algorithm, auth_data: signed, version, ...state });
  assert.equal((await put({ algorithm, auth_data: authData })).status, 200, "the version may be left out");
  assert.equal((await put({ algorithm, auth_data: authData, version: null })).status, 200, "or be left empty");
  await assertRefused(put({ algorithm: "m.other", auth_data: signed }), 400, "M_INVALID_PARAM");
  await assertRefused(put({ algorithm, auth_data: signed, version: "2" }), 400, "M_INVALID_PARAM");
  assert.deepEqual((await alice.get(path)).body, { algorithm, auth_data: authData, version, ...state });
  await newBackup(alice);
  assert.equal((await put({ algorithm, auth_data: signed })).status, 200, "an older version can be signed, too");
  await assertRefused(
    alice.request("PUT", "/room_keys/version/77", { algorithm, auth_data: authData }),
    404,
    "M_NOT_FOUND",
  );
});

test("a backup of the wrong shape, or too large a one, is refused", async () => {
  const alice = await newUser();
  const post = (body: object) => alice.post("/room_keys/version", body);
  await assertRefused(post({ auth_data: authData }), 400, "M_BAD_JSON");
  await assertRefused(post({ algorithm }), 400, "M_BAD_JSON");
  await assertRefused(post({ algorithm: 1, auth_data: authData }), 400, "M_BAD_JSON");
  await assertRefused(post({ algorithm, auth_data: "text" }), 400, "M_BAD_JSON");
  await assertRefused(post({ algorithm, auth_data: { n: 2 ** 60 } }), 400, "M_BAD_JSON");
  await assertRefused(post({ algorithm: "", auth_data: authData }), 400, "M_INVALID_PARAM");
  await assertRefused(post({ algorithm: "x".repeat(256), auth_data: authData }), 400, "M_INVALID_PARAM");
  await assertRefused(post({ algorithm, auth_data: { x: "x".repeat(70_000) } }), 400, "M_TOO_LARGE");
  await assertRefused(alice.get("/room_keys/version"), 404, "M_NOT_FOUND");
  const version = await newBackup(alice);
  const put = (body: object) => alice.request("PUT", `/room_keys/version/${version}`, body);
  await assertRefused(put({ algorithm, auth_data: { x: "x".repeat(70_000) } }), 400, "M_TOO_LARGE");
  await assertRefused(put({ algorithm, auth_data: authData, version: 1 }), 400, "M_BAD_JSON");
  assert.equal((await stateOf(alice, version)).count, 0);
});

test("B5: backups belong to the user: they outlive the device, and go with the account", async () => {
  const name = `user${users}`;
  const alice = await newUser();
  const laptop = new DeviceClient(server.url, await login(server.url, name));
  const version = await newBackup(alice);
  const state = await putKey(alice, version, "S");
  await alice.post("/logout", {});
  assert.deepEqual(await stateOf(laptop, version), state);
  assert.equal((await laptop.get(keysPath(version, room, "S"))).status, 200);
  const session = (await laptop.post("/account/deactivate", {})).body.session;
  const identifier = { type: "m.id.user", user: name };
  const auth = { type: "m.login.password", identifier, password: `${name}-password`, session };
  assert.equal((await laptop.post("/account/deactivate", { auth })).status, 200);
});
