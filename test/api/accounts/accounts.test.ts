import assert from "node:assert/strict";
import { test } from "node:test";
import { newUser, passwordLogin } from "../../domain/open-house.ts";
import { serveAccounts } from "../serve-accounts.ts";

const dummy = { type: "m.login.dummy" };

test("a client registers, is told the flows first, and is then logged in", async (t) => {
  const { call } = await serveAccounts(t);
  const asked = await call("POST", "/register", { body: {} });
  assert.equal(asked.status, 401);
  assert.deepEqual(asked.body["flows"], [{ stages: ["m.login.dummy"] }]);
  const wish = { username: "alice", password: "secret", device_id: "PHONE", initial_device_display_name: "Phone" };
  const begun = await call("POST", "/register", { body: wish });
  assert.equal(begun.status, 401);
  const auth = { ...dummy, session: begun.body["session"] };
  const done = await call("POST", "/register", { body: { ...wish, auth } });
  assert.equal(done.status, 200);
  const { access_token: token, ...rest } = done.body;
  assert.deepEqual(rest, { user_id: "@alice:example.org", device_id: "PHONE" });
  const owner = await call("GET", "/account/whoami", { token: String(token) });
  assert.deepEqual(owner.body, { user_id: "@alice:example.org", device_id: "PHONE", is_guest: false });
  const again = await call("POST", "/register", { body: { ...wish, auth } });
  assert.deepEqual([again.status, again.body["errcode"]], [400, "M_USER_IN_USE"]);
});

test("a session of registration is good for one body and one account", async (t) => {
  const { call } = await serveAccounts(t);
  const wish = { username: "alice", password: "secret" };
  const begun = await call("POST", "/register", { body: wish });
  const auth = { ...dummy, session: begun.body["session"] };
  const changed = await call("POST", "/register", { body: { ...wish, username: "bob", auth } });
  assert.deepEqual([changed.status, changed.body["errcode"]], [403, "M_FORBIDDEN"]);
  const nameless = { password: "secret" };
  const second = await call("POST", "/register", { body: nameless });
  const body = { ...nameless, auth: { ...dummy, session: second.body["session"] } };
  const statuses = await Promise.all(
    Array.from({ length: 8 }, async () => (await call("POST", "/register", { body })).status),
  );
  assert.deepEqual(statuses.sort(), [200, 401, 401, 401, 401, 401, 401, 401]);
});

test("registration with inhibit_login, as a guest, and when it is closed", async (t) => {
  const { call, house } = await serveAccounts(t);
  const body = { username: "alice", password: "secret", inhibit_login: true, auth: dummy };
  assert.deepEqual((await call("POST", "/register", { body })).body, { user_id: "@alice:example.org" });
  const guest = await call("POST", "/register?kind=guest", { body: {} });
  assert.deepEqual([guest.status, guest.body["errcode"]], [403, "M_GUEST_ACCESS_FORBIDDEN"]);
  house.registration.mode = "closed";
  const closed = await call("POST", "/register", { body: {} });
  assert.deepEqual([closed.status, closed.body["errcode"]], [403, "M_FORBIDDEN"]);
});

test("whether a name is free, and whether a token is good", async (t) => {
  const { call, house } = await serveAccounts(t);
  await newUser(house);
  assert.deepEqual((await call("GET", "/register/available?username=bob")).body, { available: true });
  const errcodes = await Promise.all(
    ["?username=alice", "?username=B%C3%B6b", ""].map(
      async (query) => (await call("GET", `/register/available${query}`)).body["errcode"],
    ),
  );
  assert.deepEqual(errcodes, ["M_USER_IN_USE", "M_INVALID_USERNAME", "M_MISSING_PARAM"]);
  Object.assign(house.registration, { mode: "token", token: "abc" });
  const validity = "/_matrix/client/v1/register/m.login.registration_token/validity";
  assert.deepEqual((await call("GET", `${validity}?token=abc`)).body, { valid: true });
  assert.deepEqual((await call("GET", `${validity}?token=abd`)).body, { valid: false });
  house.registration.mode = "closed";
  assert.equal((await call("GET", `${validity}?token=abc`)).status, 403);
});

test("log-in, refresh, log-out", async (t) => {
  const { call, house } = await serveAccounts(t);
  await newUser(house);
  assert.deepEqual((await call("GET", "/login")).body, {
    flows: [{ type: "m.login.password" }, { type: "m.login.application_service" }],
  });
  const given = { ...passwordLogin("alice"), refresh_token: true, device_id: null };
  const session = await call("POST", "/login", { body: given });
  assert.equal(session.status, 200);
  assert.equal(session.body["expires_in_ms"], 3_600_000);
  const pair = await call("POST", "/refresh", { body: { refresh_token: session.body["refresh_token"] } });
  assert.equal(pair.status, 200);
  const token = String(pair.body["access_token"]);
  assert.equal((await call("POST", "/logout", { token })).status, 200);
  const after = await call("GET", "/account/whoami", { token });
  assert.deepEqual([after.status, after.body["errcode"]], [401, "M_UNKNOWN_TOKEN"]);
  const stale = await call("POST", "/refresh", { body: { refresh_token: pair.body["refresh_token"] } });
  assert.deepEqual([stale.status, stale.body["errcode"]], [401, "M_UNKNOWN_TOKEN"]);
});

test("E1: refused log-ins", async (t) => {
  const { call, house } = await serveAccounts(t);
  await newUser(house);
  const wrong = await call("POST", "/login", { body: passwordLogin("alice", "wrong") });
  assert.deepEqual([wrong.status, wrong.body["errcode"]], [403, "M_FORBIDDEN"]);
  const type = await call("POST", "/login", { body: { type: "m.login.token" } });
  assert.deepEqual([type.status, type.body["errcode"]], [400, "M_UNKNOWN"]);
  const shape = await call("POST", "/login", { body: { ...passwordLogin("alice"), device_id: {} } });
  assert.deepEqual([shape.status, shape.body["errcode"]], [400, "M_BAD_JSON"]);
  for (let count = 0; count < 9; count++) await call("POST", "/login", { body: passwordLogin("alice", "wrong") });
  const throttled = await call("POST", "/login", { body: passwordLogin("alice") });
  assert.deepEqual([throttled.status, throttled.body["errcode"]], [429, "M_LIMIT_EXCEEDED"]);
  assert.equal(throttled.headers.get("retry-after"), "30");
});

test("changing the password, then deactivating, then logging out everywhere", async (t) => {
  const { call, house } = await serveAccounts(t);
  await newUser(house);
  const login = async (password: string) =>
    String((await call("POST", "/login", { body: passwordLogin("alice", password) })).body["access_token"]);
  const token = await login("alice's password");
  const wish = { new_password: "new" };
  assert.equal((await call("POST", "/account/password", { token, body: wish })).status, 401);
  const auth = passwordLogin("alice");
  assert.equal((await call("POST", "/account/password", { token, body: { ...wish, auth } })).status, 200);
  await call("POST", "/logout/all", { token });
  const again = await login("new");
  assert.equal((await call("POST", "/account/deactivate", { token: again, body: {} })).status, 401);
  const body = { auth: passwordLogin("alice", "new"), erase: true };
  const gone = await call("POST", "/account/deactivate", { token: again, body });
  assert.deepEqual(gone.body, { id_server_unbind_result: "success" });
  assert.equal((await call("GET", "/account/whoami", { token: again })).status, 401);
});

test("what the server says of itself", async (t) => {
  const { call, house } = await serveAccounts(t);
  await newUser(house);
  const versions = (await call("GET", "/_matrix/client/versions")).body;
  assert.deepEqual((versions["versions"] as string[]).slice(-2), ["v1.18", "v1.19"]);
  const numbers = ["3202", "3983", "3984", "4072"];
  assert.deepEqual(versions["unstable_features"], {
    "io.github.johennes.msc4420": true,
    ...Object.fromEntries(numbers.map((number) => [`org.matrix.msc${number}`, true])),
  });
  const wellknown = await call("GET", "/.well-known/matrix/client");
  assert.deepEqual(wellknown.body, { "m.homeserver": { base_url: "https://matrix.example.org" } });
  assert.equal(wellknown.headers.get("access-control-allow-origin"), "*");
  const token = String((await call("POST", "/login", { body: passwordLogin("alice") })).body["access_token"]);
  const capabilities = (await call("GET", "/capabilities", { token })).body["capabilities"];
  assert.deepEqual((capabilities as Record<string, unknown>)["m.change_password"], { enabled: true });
  const all = (await call("GET", "/pushrules/", { token })).body["global"];
  assert.deepEqual((await call("GET", "/pushrules/global/", { token })).body, all);
  assert.equal((all as { override: unknown[] }).override.length, 10);
});

test("without a public address there is no well-known", async (t) => {
  const { call } = await serveAccounts(t, { publicBaseUrl: undefined });
  const answer = await call("GET", "/.well-known/matrix/client");
  assert.deepEqual([answer.status, answer.body["errcode"]], [404, "M_NOT_FOUND"]);
});
