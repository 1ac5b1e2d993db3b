import assert from "node:assert/strict";
import { test } from "node:test";
import { login } from "../../../src/domain/accounts/login.ts";
import { type Registration, register } from "../../../src/domain/accounts/register.ts";
import { registerAccount } from "../../../src/domain/accounts/register-account.ts";
import { Appservices } from "../../../src/domain/appservices/appservices.ts";
import { UserInteractiveAuthRequired } from "../../../src/domain/authentication/user-interactive/user-interactive-auth-required.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { bridgeRegistration } from "../bridge-registration.ts";
import { client, type House, newUser, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

const dummy = { auth: { type: "m.login.dummy" } };

function request(body: JsonObject = {}) {
  return { method: "POST", path: "/register", body, ip: "192.0.2.1" };
}

function wish(username: string | undefined, so: Partial<Registration> = {}): Registration {
  return { kind: undefined, username, password: "secret", client: client(), ...so };
}

async function stagesOf(house: House): Promise<readonly (readonly string[])[]> {
  const error = await register(house, request(), wish(undefined)).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof UserInteractiveAuthRequired);
  return error.flows.map(({ stages }) => stages);
}

test("registering gives an account that one can log in to", async (t) => {
  const house = await openHouse(t);
  const registered = await register(house, request(dummy), wish("alice"));
  assert.ok("tokens" in registered);
  await login(house, passwordLogin("alice", "secret"), client());
});

test("of 64 registrations of one name at once one wins", async (t) => {
  const house = await openHouse(t);
  const races = Array.from({ length: 64 }, (_, index) =>
    register(house, request(dummy), wish("alice", { password: `password ${index}`, client: client(`D${index}`) })),
  );
  const outcomes = await Promise.allSettled(races);
  const winners = outcomes.filter(({ status }) => status === "fulfilled");
  assert.equal(winners.length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") assert.equal(outcome.reason.errcode, "M_USER_IN_USE");
  }
  assert.equal((await house.rows("accounts")).length, 1);
  assert.equal((await house.rows("devices")).length, 1);
  assert.equal((await house.rows("access_tokens")).length, 1);
});

test("the flows follow the mode of registration", async (t) => {
  const house = await openHouse(t);
  assert.deepEqual(await stagesOf(house), [["m.login.dummy"]]);
  const byToken = { ...house, registration: { mode: "token" as const, token: "abc" } };
  assert.deepEqual(await stagesOf(byToken), [["m.login.registration_token"]]);
  for (const mode of ["closed", "token"] as const) {
    const closed = { ...house, registration: { mode, token: undefined } };
    assert.equal((await refusal(register(closed, request(dummy), wish("alice")))).errcode, "M_FORBIDDEN");
  }
});

test("the token lets one in, another does not", async (t) => {
  const house = { ...(await openHouse(t)), registration: { mode: "token" as const, token: "abc" } };
  const withToken = (token: string) => request({ auth: { type: "m.login.registration_token", token } });
  await assert.rejects(register(house, withToken("abd"), wish("alice")), UserInteractiveAuthRequired);
  await register(house, withToken("abc"), wish("alice"));
  await assert.rejects(register(house, request(dummy), wish("bob")), UserInteractiveAuthRequired);
});

test("names are refused before the client authenticates itself", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  assert.equal((await refusal(register(house, request(), wish("alice")))).errcode, "M_USER_IN_USE");
  for (const name of ["Alice", "a b", "ä", "", "a:b", "x".repeat(250)]) {
    assert.equal((await refusal(register(house, request(), wish(name)))).errcode, "M_INVALID_USERNAME");
  }
});

test("guests and other kinds are refused", async (t) => {
  const house = await openHouse(t);
  const asGuest = register(house, request(), wish("alice", { kind: "guest" }));
  assert.equal((await refusal(asGuest)).errcode, "M_GUEST_ACCESS_FORBIDDEN");
  const asOther = register(house, request(), wish("alice", { kind: "other" }));
  assert.equal((await refusal(asOther)).errcode, "M_INVALID_PARAM");
});

test("without a name the server chooses one", async (t) => {
  const house = await openHouse(t);
  const { userId } = await register(house, request(dummy), wish(undefined));
  assert.match(userId, /^@[a-z]{12}:example\.org$/);
});

test("the server chooses no name that an appservice has for itself", async (t) => {
  const house = await openHouse(t);
  const having = (regex: string) =>
    new Appservices([bridgeRegistration({ users: [{ exclusive: true, regex }] })], house.serverName);
  let draw = 0;
  const random = { bytes: (count: number) => Buffer.alloc(count, draw++) };
  const registering = { ...house, random, appservices: having("@[a-c]") };
  const { userId } = await register(registering, request(dummy), wish(undefined, { client: undefined }));
  assert.equal(userId, "@dddddddddddd:example.org");
  const hopeless = register({ ...house, appservices: having("@") }, request(dummy), wish(undefined));
  assert.equal((await refusal(hopeless)).errcode, "M_EXCLUSIVE");
});

test("an account alone has no device", async (t) => {
  const house = await openHouse(t);
  const registered = await register(house, request(dummy), wish("alice", { client: undefined }));
  assert.deepEqual(registered, { userId: "@alice:example.org" });
  assert.deepEqual(await house.rows("devices"), []);
});

test("a password is asked for, and must be one", async (t) => {
  const house = await openHouse(t);
  const cases: [string | undefined, string][] = [
    [undefined, "M_MISSING_PARAM"],
    ["", "M_WEAK_PASSWORD"],
    ["x".repeat(513), "M_TOO_LARGE"],
    ["\ud800", "M_BAD_JSON"],
  ];
  for (const [password, errcode] of cases) {
    assert.equal((await refusal(register(house, request(dummy), wish("alice", { password })))).errcode, errcode);
  }
});

test("the operator registers whatever the mode, administrators too", async (t) => {
  const house = { ...(await openHouse(t)), registration: { mode: "closed" as const, token: undefined } };
  await registerAccount(house, { localpart: "root", password: "secret", admin: true });
  const [account] = await house.rows("accounts");
  assert.equal(account?.["is_admin"], 1);
  const again = registerAccount(house, { localpart: "root", password: "secret", admin: true });
  assert.equal((await refusal(again)).errcode, "M_USER_IN_USE");
});
