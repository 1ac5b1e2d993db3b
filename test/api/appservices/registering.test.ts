import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedFetch } from "../../openapi/checking-fetch.ts";
import type { Answer } from "../../support/client.ts";
import { registerUser } from "../../support/test-server.ts";
import { appserviceType, bridgedUser, refusalOf, registration, serveBridges } from "./serve-bridges.ts";

// Closed to persons: appservices register all the same.
const bridges = serveBridges({ registration: { mode: "closed" } });
const persons = serveBridges();

/** POST without a token, or with any. */
async function post(path: string, body: object, token?: string, url = bridges.url): Promise<Answer> {
  const response = await checkedFetch(`${url}/_matrix/client/v3${path}`, {
    method: "POST",
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

const register = (body: object) => bridges.bridge.request(bridges.url, "POST", "/register", { body });
const logIn = (body: object) => bridges.bridge.request(bridges.url, "POST", "/login", { body });
const named = (user: string) => ({ type: appserviceType, identifier: { type: "m.id.user", user } });

async function whoami(token: string): Promise<Record<string, unknown>> {
  const response = await checkedFetch(`${bridges.url}/_matrix/client/v3/account/whoami`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await response.json()) as Record<string, unknown>;
}

test("an appservice registers a user, with a session of its own", async () => {
  const device = { device_id: "GHOST", initial_device_display_name: "Bridged" };
  const { status, body } = await register(registration("bridge_new", device));
  assert.equal(status, 200);
  const { access_token: token, ...rest } = body;
  assert.deepEqual(rest, { user_id: "@bridge_new:localhost", device_id: "GHOST" });
  assert.deepEqual(await whoami(token), { user_id: rest.user_id, device_id: "GHOST", is_guest: false });
  const { bridge, url } = bridges;
  const shown = await bridge.request(url, "GET", "/devices/GHOST", { userId: rest.user_id });
  assert.equal(shown.body.display_name, "Bridged");
  const { status: taken, body: refusal } = await register(registration("bridge_new"));
  assert.deepEqual([taken, refusal.errcode], [400, "M_USER_IN_USE"]);
});

test("the old place of the token is looked at too", async () => {
  const token = bridges.bridge.registration.asToken;
  const answer = await post(`/register?access_token=${token}`, registration("bridge_query", { inhibit_login: true }));
  assert.deepEqual(answer.body, { user_id: "@bridge_query:localhost" });
});

test("with inhibit_login, or where the appservice makes its devices itself, there is no session", async () => {
  const body = registration("bridge_inhibited", { inhibit_login: true, device_id: "X" });
  assert.deepEqual((await register(body)).body, { user_id: "@bridge_inhibited:localhost" });
  const { open, url } = bridges;
  const made = await open.request(url, "POST", "/register", { body: registration("open_ghost") });
  assert.deepEqual([made.status, made.body], [200, { user_id: "@open_ghost:localhost" }]);
  const listed = await open.request(url, "GET", "/devices", { userId: "@open_ghost:localhost" });
  assert.deepEqual(listed.body, { devices: [] });
});

test("a refresh token is given to who can use it", async () => {
  const { body } = await register(registration("bridge_refresh", { refresh_token: true }));
  assert.equal(typeof body.refresh_token, "string");
});

test("names that an appservice cannot register", async () => {
  const { bridge, open, url } = bridges;
  const cases: [string | undefined | null, number, string][] = [
    ["person", 403, "M_EXCLUSIVE"],
    ["xbridge_a", 403, "M_EXCLUSIVE"],
    ["bridge_UPPER", 400, "M_INVALID_USERNAME"],
    ["bridge_ü", 400, "M_INVALID_USERNAME"],
    [`bridge_${"x".repeat(255)}`, 400, "M_INVALID_USERNAME"],
    // Its sender is there from the start.
    ["bridgebot", 400, "M_USER_IN_USE"],
    [undefined, 400, "M_MISSING_PARAM"],
    [null, 400, "M_MISSING_PARAM"],
  ];
  for (const [username, status, errcode] of cases) {
    const answer = await register({ type: appserviceType, username });
    assert.deepEqual(refusalOf(answer), [status, errcode], String(username));
  }
  assert.deepEqual(refusalOf(await register({ type: appserviceType, username: 5 })), [400, "M_BAD_JSON"]);
  const others = await open.request(url, "POST", "/register", { body: registration("bridge_mine") });
  assert.deepEqual(refusalOf(others), [403, "M_EXCLUSIVE"]);
  const body = { ...registration("bridge_typed"), type: "m.login.password" };
  assert.deepEqual(refusalOf(await bridge.request(url, "POST", "/register", { body })), [403, "M_FORBIDDEN"]);
});

test("E1: without an appservice's token neither registering nor logging in works", async () => {
  const ghost = await bridgedUser(bridges, "bridge_tokens");
  const { body } = await logIn(named(ghost));
  for (const [path, wish] of [
    ["/register", registration("bridge_refused")],
    ["/login", named(ghost)],
  ] as const) {
    assert.deepEqual(refusalOf(await post(path, wish)), [401, "M_MISSING_TOKEN"]);
    assert.deepEqual(refusalOf(await post(path, wish, "nobody's")), [401, "M_UNKNOWN_TOKEN"]);
    // The token of a user, be it one of the appservice's.
    assert.deepEqual(refusalOf(await post(path, wish, body.access_token)), [401, "M_UNKNOWN_TOKEN"]);
    const { hsToken } = bridges.bridge.registration;
    assert.deepEqual(refusalOf(await post(path, wish, hsToken)), [401, "M_UNKNOWN_TOKEN"]);
  }
});

test("of 20 registrations of one name at once exactly one is done", async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => register(registration("bridge_raced", { device_id: `D${index}` }))),
  );
  const done = answers.filter(({ status }) => status === 200);
  assert.equal(done.length, 1);
  for (const answer of answers) {
    if (answer !== done[0]) assert.deepEqual(refusalOf(answer), [400, "M_USER_IN_USE"]);
  }
  const { bridge, url } = bridges;
  const { devices } = (await bridge.request(url, "GET", "/devices", { userId: "@bridge_raced:localhost" })).body;
  assert.deepEqual(
    devices.map((device: { device_id: string }) => device.device_id),
    [done[0]?.body.device_id],
  );
});

test("an appservice logs its users in, by localpart and by user id", async () => {
  const userId = await bridgedUser(bridges, "bridge_login");
  const first = await logIn({ ...named("bridge_login"), device_id: "GHOST", initial_device_display_name: "Bridged" });
  assert.deepEqual([first.status, first.body.user_id, first.body.device_id], [200, userId, "GHOST"]);
  assert.deepEqual(await whoami(first.body.access_token), { user_id: userId, device_id: "GHOST", is_guest: false });
  const second = await logIn(named(userId));
  assert.notEqual(second.body.device_id, "GHOST");
  const third = await logIn({ type: appserviceType, user: "bridge_login" });
  assert.equal(third.body.user_id, userId);
  const sender = await logIn(named("@bridgebot:localhost"));
  assert.equal(sender.body.user_id, "@bridgebot:localhost");
});

test("K9: a log-in onto a device ends its old token", async () => {
  await bridgedUser(bridges, "bridge_again");
  const wish = { ...named("bridge_again"), device_id: "GHOST" };
  const { access_token: old } = (await logIn(wish)).body;
  assert.equal((await logIn(wish)).status, 200);
  assert.equal((await whoami(old))["errcode"], "M_UNKNOWN_TOKEN");
});

test("users that an appservice cannot log in", async () => {
  const { bridge, url } = bridges;
  const gone = await bridgedUser(bridges, "bridge_gone");
  await bridge.request(url, "POST", "/account/deactivate", { userId: gone, body: {} });
  const cases: [object, number, string][] = [
    [named("person"), 403, "M_EXCLUSIVE"],
    [named("@bridge_a:elsewhere.org"), 403, "M_EXCLUSIVE"],
    [named("@prefix_a:elsewhere.org"), 403, "M_EXCLUSIVE"],
    [named("bridge_unknown"), 403, "M_FORBIDDEN"],
    [named(gone), 403, "M_FORBIDDEN"],
    [{ type: appserviceType }, 400, "M_MISSING_PARAM"],
    [{ type: appserviceType, identifier: { type: "m.id.phone" } }, 400, "M_UNKNOWN"],
    [{ ...named("bridge_login"), device_id: "\0" }, 400, "M_INVALID_PARAM"],
  ];
  for (const [wish, status, errcode] of cases) {
    assert.deepEqual(refusalOf(await logIn(wish)), [status, errcode], JSON.stringify(wish));
  }
});

test("the log-in is offered, and a user without a password has none to guess", async () => {
  const flows = await checkedFetch(`${bridges.url}/_matrix/client/v3/login`);
  const types = ((await flows.json()) as { flows: { type: string }[] }).flows.map(({ type }) => type);
  assert.deepEqual(types, ["m.login.password", appserviceType]);
  const userId = await bridgedUser(bridges, "bridge_wordless");
  for (const password of ["", "null", "undefined"]) {
    const wish = { type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password };
    assert.deepEqual(refusalOf(await post("/login", wish)), [403, "M_FORBIDDEN"]);
  }
});

test("names that an appservice has for itself are refused to persons, before they authenticate and after", async () => {
  const { url, bridge } = persons;
  const auth = { type: "m.login.dummy" };
  for (const username of ["bridge_mine", "prefix_mine", "bridgebot", "openbot"]) {
    const wish = { username, password: "secret" };
    for (const body of [wish, { ...wish, auth }, { ...wish, type: "m.login.password", auth }]) {
      assert.deepEqual(refusalOf(await post("/register", body, undefined, url)), [400, "M_EXCLUSIVE"], username);
    }
    // The token helps only with the type that says so.
    const { asToken } = bridge.registration;
    assert.deepEqual(refusalOf(await post("/register", { ...wish, auth }, asToken, url)), [400, "M_EXCLUSIVE"]);
    const available = await checkedFetch(`${url}/_matrix/client/v3/register/available?username=${username}`);
    assert.deepEqual(
      [available.status, ((await available.json()) as { errcode: string }).errcode],
      [400, "M_EXCLUSIVE"],
    );
  }
});

test("names of a namespace that is shared, and names that only look alike, are anybody's", async () => {
  for (const username of ["open_person", "xbridge_a", "bridge"]) {
    const available = await checkedFetch(`${persons.url}/_matrix/client/v3/register/available?username=${username}`);
    assert.deepEqual(await available.json(), { available: true });
    assert.equal((await registerUser(persons.url, username)).userId, `@${username}:localhost`);
  }
});
