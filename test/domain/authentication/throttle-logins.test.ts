import assert from "node:assert/strict";
import { test } from "node:test";
import { login } from "../../../src/domain/accounts/login.ts";
import { forgetOldAttempts } from "../../../src/domain/authentication/forget-old-attempts.ts";
import { client, newUser, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

const wrong = passwordLogin("alice", "wrong");

test("ten wrong passwords in a row are answered, then one each 30 s", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  for (let count = 0; count < 10; count++) {
    assert.equal((await refusal(login(house, wrong, client()))).errcode, "M_FORBIDDEN");
  }
  const error = await refusal(login(house, passwordLogin("alice"), client()));
  assert.equal(error.errcode, "M_LIMIT_EXCEEDED");
  assert.deepEqual(error.fields, { retry_after_ms: 30_000 });
  assert.deepEqual(house.logins.slice(-2), ["failure", "throttled"]);
  house.clock.advance(30_000);
  assert.equal((await refusal(login(house, wrong, client()))).errcode, "M_FORBIDDEN");
  assert.equal((await refusal(login(house, wrong, client()))).errcode, "M_LIMIT_EXCEEDED");
});

test("attempts side by side are all counted", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const tries = Array.from({ length: 40 }, () => refusal(login(house, wrong, client())));
  const answered = (await Promise.all(tries)).filter(({ errcode }) => errcode === "M_FORBIDDEN");
  assert.equal(answered.length, 10);
});

test("the right password forgives the wrong ones before it", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  for (let round = 0; round < 8; round++) {
    for (let count = 0; count < 5; count++) await refusal(login(house, wrong, client()));
    await login(house, passwordLogin("alice"), client());
  }
});

test("logging in rightly is never too often", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  for (let count = 0; count < 100; count++) await login(house, passwordLogin("alice"), client("PHONE"));
  assert.deepEqual(await house.rows("login_throttles"), []);
});

test("another address is another bucket, unless it is in the same IPv6 network", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const from = (ip: string) => client(undefined, { ip });
  for (let count = 0; count < 10; count++) await refusal(login(house, wrong, from(`2001:db8::${count}`)));
  assert.equal((await refusal(login(house, wrong, from("2001:db8:0:0:ffff::1")))).errcode, "M_LIMIT_EXCEEDED");
  assert.equal((await refusal(login(house, wrong, from("2001:db8:0:1::1")))).errcode, "M_FORBIDDEN");
  assert.equal((await refusal(login(house, wrong, from("192.0.2.7")))).errcode, "M_FORBIDDEN");
});

test("one address that tries many names is throttled, and its rows are bounded and forgotten", async (t) => {
  const house = await openHouse(t);
  const errcodes: string[] = [];
  for (let count = 0; count < 60; count++) {
    errcodes.push((await refusal(login(house, passwordLogin(`user${count}`), client()))).errcode);
  }
  assert.equal(errcodes.filter((errcode) => errcode === "M_LIMIT_EXCEEDED").length, 10);
  assert.equal((await house.rows("login_throttles")).length, 51);
  house.clock.advance(60 * 60_000);
  await forgetOldAttempts(house);
  assert.deepEqual(await house.rows("login_throttles"), []);
});

test("without limits passwords can be tried without end", async (t) => {
  const house = { ...(await openHouse(t)), limitLogins: false };
  await newUser(house);
  for (let count = 0; count < 30; count++) {
    assert.equal((await refusal(login(house, wrong, client()))).errcode, "M_FORBIDDEN");
  }
});
